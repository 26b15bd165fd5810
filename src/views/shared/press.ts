import type * as React from 'react';

/**
 * Handle clicks by `act`, a double click once: what its first press began is
 * often over by the second, which would do it again.
 */
export function pressed(act: () => void): React.MouseEventHandler {
  return event => {
    if (event.detail <= 1) {
      act();
    }
  };
}
