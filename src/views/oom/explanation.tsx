/*
 * Loaded when it is first needed, together with the rules that explain.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IOutOfMemory, IRemedy } from '../../core/oom';
import { explainOutOfMemory } from '../../core/oom';
import type { IDeviceReading } from '../../core/wire/generated';
import { formatAge, formatBytes, formatExact } from '../../core/text/units';
import type { IFailure } from '../../model/oomerrors';
import { Bar } from '../devices/bar';
import { Link } from '../shared/link';
import { Section } from '../shared/section';
import { MessageText } from '../shared/message';

export { explainOutOfMemory };

/** What a person can ask for. */
export interface IExplanationActions {
  run(remedy: IRemedy): void;
  dismiss(): void;
}

/** Properties of `Explanation`. */
export interface IExplanationProps {
  readonly failure: IFailure;
  /** Whether it is to be said to a person who does not see it. */
  readonly isNew: boolean;
  readonly onDrawn: (node: HTMLElement) => void;
  /** The failed kernel's device now, if it is known. */
  readonly now: IDeviceReading | null;
  readonly nowMs: number;
  readonly actions: IExplanationActions;
  readonly trans: TranslationBundle;
}

/** Why the memory was not to be had, drawn and in words, and what to do. */
export function Explanation(props: IExplanationProps): React.JSX.Element {
  const { failure, now, nowMs, actions, trans } = props;
  const place = usePlace(props.onDrawn);
  // For as long as it is drawn: what is taken away at once may not be heard.
  const [isAlert] = React.useState(props.isNew);
  return (
    <div ref={place}>
      <Section
        id="out-of-memory"
        title={trans.__('Out of memory')}
        note={formatAge(nowMs - failure.timeMs, trans)}
        tools={
          <Link label={trans.__('Dismiss')} act={() => actions.dismiss()} />
        }
      >
        {failure.hasDied && (
          <p className="jp-VramOom-quiet">
            {trans.__('The kernel died. This is what it said last:')}
          </p>
        )}
        <Since failure={failure} trans={trans} />
        <Explained
          explanation={failure.explanation}
          {...{ isAlert, actions, trans }}
        />
        {!failure.hasDied && (
          <Now explanation={failure.explanation} device={now} trans={trans} />
        )}
      </Section>
    </div>
  );
}

/** Tells, after each time it is drawn, where on the page something is. */
function usePlace(
  onDrawn: (node: HTMLElement) => void
): React.RefObject<HTMLDivElement> {
  const place = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    if (place.current) {
      onDrawn(place.current);
    }
  });
  return place;
}

/** Properties of `PasteBox`. */
export interface IPasteBoxProps {
  readonly onDrawn: (node: HTMLElement) => void;
  readonly actions: IExplanationActions;
  readonly trans: TranslationBundle;
}

/** A box for the text of any error, and its explanation. */
export function PasteBox({
  actions,
  onDrawn,
  trans
}: IPasteBoxProps): React.JSX.Element {
  const place = usePlace(onDrawn);
  const [text, setText] = React.useState('');
  const found = React.useMemo(
    () => explainOutOfMemory(text, undefined, { trans }),
    [text, trans]
  );
  const isUnknown = found === null && text.trim() !== '';
  return (
    <div ref={place}>
      <Section
        id="explain"
        title={trans.__('Explain an error')}
        startOpen={false}
      >
        <textarea
          className="jp-VramOom-paste"
          rows={3}
          spellCheck={false}
          aria-label={trans.__('The text of an error')}
          placeholder={trans.__('Paste an out-of-memory error, or a whole log')}
          value={text}
          onChange={event => setText(event.target.value)}
        />
        <div role="status">
          {isUnknown && (
            <p className="jp-VramOom-quiet">
              {trans.__('No out-of-memory error was found in this text.')}
            </p>
          )}
          {found && <Explained explanation={found} {...{ actions, trans }} />}
        </div>
      </Section>
    </div>
  );
}

interface IExplainedProps {
  readonly explanation: IOutOfMemory;
  /** Whether the sentence is said to who does not see it. */
  readonly isAlert?: boolean;
  readonly actions: IExplanationActions;
  readonly trans: TranslationBundle;
}

function Explained(props: IExplainedProps): React.JSX.Element {
  const { explanation, isAlert, actions, trans } = props;
  const device = deviceThen(explanation);
  return (
    <div className="jp-VramOom" data-cause={explanation.cause}>
      <p className="jp-VramOom-sentence" {...(isAlert && { role: 'alert' })}>
        <MessageText text={explanation.sentence} />
        {explanation.confidence === 'low' && (
          <span className="jp-VramOom-quiet"> {trans.__('(not certain)')}</span>
        )}
      </p>
      <Against explanation={explanation} trans={trans} />
      {device && <Bar device={device} trans={trans} />}
      <ol className="jp-VramOom-remedies">
        {explanation.remedies.map(remedy => (
          <li key={remedy.id}>
            <MessageText text={remedy.text} />{' '}
            <Link label={remedy.label} act={() => actions.run(remedy)} />
          </li>
        ))}
      </ol>
    </div>
  );
}

/** Two lengths: what was tried, and what was free. */
function Against(props: {
  readonly explanation: IOutOfMemory;
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { explanation, trans } = props;
  const { requestedBytes, freeBytes, allowedBytes } = explanation;
  const isCapped = explanation.cause === 'memory fraction cap';
  const room = isCapped ? allowedBytes : freeBytes;
  // One length alone says nothing.
  if (requestedBytes === null || room === null) {
    return null;
  }
  const most = Math.max(requestedBytes, room, 1);
  const rows = [
    ['tried', trans.__('tried'), requestedBytes],
    ['free', isCapped ? trans.__('allowed') : trans.__('free'), room]
  ] as const;
  return (
    <dl className="jp-VramOom-against">
      {rows.map(([key, label, bytes]) => (
        <React.Fragment key={key}>
          <dt>{label}</dt>
          <dd aria-hidden="true">
            <span
              className="jp-VramOom-length"
              data-what={key}
              style={{ width: `${(bytes / most) * 100}%` }}
            />
          </dd>
          <dd title={formatExact(bytes, trans)}>{formatBytes(bytes)}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}

/** What has happened since, so that it is not taken for a current error. */
function Since(props: {
  readonly failure: IFailure;
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { failure, trans } = props;
  const { hasRestarted, laterCells } = failure;
  if (!hasRestarted && laterCells === 0) {
    return null;
  }
  return (
    <p className="jp-VramOom-quiet">
      {hasRestarted
        ? trans.__('This is about an earlier cell: the kernel has restarted.')
        : trans._n(
            'This is about an earlier cell: %1 cell has begun since.',
            'This is about an earlier cell: %1 cells have begun since.',
            laterCells
          )}
    </p>
  );
}

/** What PyTorch has on the device by now, and why clearing alone may not help; only of its own errors. */
function Now(props: {
  readonly explanation: IOutOfMemory;
  readonly device: IDeviceReading | null;
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { device, explanation, trans } = props;
  const parts: string[] = [];
  if (explanation.isTorchs && device) {
    parts.push(
      trans.__(
        'Now %1 is allocated and %2 reserved.',
        formatBytes(device.allocatedBytes),
        formatBytes(device.reservedBytes)
      )
    );
  }
  if (explanation.hasTorchGivenBack) {
    parts.push(
      trans.__(
        'When it failed, PyTorch had already given back every block that was wholly unused.'
      )
    );
  }
  return parts.length > 0 ? (
    <p className="jp-VramOom-quiet">{parts.join(' ')}</p>
  ) : null;
}

/** The device as the message describes it; null where it says too little to draw. */
function deviceThen(explanation: IOutOfMemory): IDeviceReading | null {
  const { allocatedBytes, capacityBytes, device } = explanation;
  if (allocatedBytes === null || capacityBytes === null) {
    return null;
  }
  const unused = explanation.unallocatedBytes;
  const pools = explanation.privatePoolBytes ?? 0;
  const reserved =
    explanation.reservedBytes ?? allocatedBytes + (unused ?? 0) + pools;
  const own = explanation.processes.find(({ isSelf }) => isSelf);
  return {
    id: device ?? '',
    kind: 'cuda',
    index: 0,
    name: '',
    uuid: null,
    driverIndex: null,
    driverSlice: null,
    computeCapability: null,
    allocatedBytes,
    reservedBytes: Math.max(reserved, allocatedBytes),
    peakAllocatedBytes: null,
    peakReservedBytes: null,
    pinnedBytes: unused,
    freeBytes: explanation.freeBytes,
    totalBytes: capacityBytes,
    processBytes: own?.bytes ?? null
  };
}
