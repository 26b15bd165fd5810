import { RoomError } from './server/errors';
import { isInNotebook } from './notebook/notebook';

/** A list of names. @throws RoomError `bad-argument` */
export function checkedTexts(name: string, value: unknown = []): string[] {
  if (!Array.isArray(value) || !value.every(each => typeof each === 'string')) {
    throw new RoomError(
      'bad-argument',
      `\`${name}\` should be a list of names, such as ["outputs"].`
    );
  }
  return value;
}

/** The number of a process. @throws RoomError `bad-argument` */
export function checkedPid(pid: unknown): void {
  if (!Number.isSafeInteger(pid) || (pid as number) <= 0) {
    throw new RoomError('bad-argument', 'Name a process by its number.');
  }
}

/** Whether the user agrees. @throws RoomError `bad-argument` without a terminal to ask in */
export function askPerson(question: string): boolean {
  if (!isInNotebook() && !Deno.stdin.isTerminal()) {
    throw new RoomError(
      'bad-argument',
      'Nobody can be asked here: pass { isConfirmed: true }.'
    );
  }
  return confirm(question);
}
