import { describe, expect, it } from 'vitest';

import { splitCode } from '../../src/views/shared/message';

describe('splitCode', () => {
  it('should tell code from text', () => {
    expect(splitCode('`del x` freed `y`.')).toEqual([
      { text: 'del x', code: true },
      { text: ' freed ', code: false },
      { text: 'y', code: true },
      { text: '.', code: false }
    ]);
  });

  it('should leave a backtick without a partner as it is', () => {
    expect(splitCode('a ` b')).toEqual([{ text: 'a ` b', code: false }]);
    expect(splitCode('`a` b ` c')).toEqual([
      { text: 'a', code: true },
      { text: ' b ` c', code: false }
    ]);
  });
});
