import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { HolderKind, IHolder } from '../../core/wire/generated';
import { reachedBytes, releasedName, sharesOf } from '../../core/wire/holders';
import { formatBytes, formatExact } from '../../core/text/units';
import type { IPanelActions } from '../shared/actions';
import { HolderDetails } from './holderdetails';
import { Link } from '../shared/link';

/** Properties of `HolderRow`. */
export interface IHolderRowProps {
  readonly holder: IHolder;
  /** Its share of the largest holder, from 0 to 1. */
  readonly share: number;
  readonly showDevice: boolean;
  readonly actions: IPanelActions;
  readonly refusal: string | null;
  readonly trans: TranslationBundle;
}

/** One holder: its name, how much, a way to release it, and more when unfolded. */
export function HolderRow(props: IHolderRowProps): React.JSX.Element {
  const { holder, share, actions, refusal, trans } = props;
  const [open, setOpen] = React.useState(false);
  const detailsId = React.useId();
  const reached = reachedBytes(holder);
  const released = releasedName(holder);
  return (
    <li className="jp-VramHolder" data-kind={holder.kind}>
      <div className="jp-VramHolder-line">
        <button
          type="button"
          className="jp-VramHolder-fold"
          aria-expanded={open}
          aria-controls={detailsId}
          onClick={() => setOpen(!open)}
        >
          <Heading open={open} {...props} />
        </button>
        <span
          className="jp-VramHolder-bytes"
          title={formatExact(reached, trans)}
        >
          {formatBytes(reached || holder.pinnedBytes)}
        </span>
        {released !== null && (
          <Link
            label={trans.__('Release')}
            describes={trans.__('Release %1', released)}
            refusal={refusal}
            act={() => actions.release([released])}
          />
        )}
      </div>
      <Bar holder={holder} share={share} />
      <div id={detailsId} hidden={!open} className="jp-VramHolder-details">
        {open && <HolderDetails holder={holder} trans={trans} />}
      </div>
    </li>
  );
}

interface IHeadingProps extends IHolderRowProps {
  readonly open: boolean;
}

function Heading(props: IHeadingProps): React.JSX.Element {
  const { holder, open, showDevice, trans } = props;
  const Caret = open ? caretDownIcon : caretRightIcon;
  return (
    <>
      <Caret.react tag="span" className="jp-VramPanel-caret" />
      <span className="jp-VramHolder-name" title={holder.name}>
        {isCode(holder.kind) ? <code>{holder.name}</code> : holder.name}
      </span>
      <span className="jp-VramHolder-kind">
        {kindWords(holder, trans)}
        {showDevice && ` · ${deviceWords(holder, trans)}`}
      </span>
    </>
  );
}

/** Where it is; how many devices, where it is spread over many. */
function deviceWords(holder: IHolder, trans: TranslationBundle): string {
  const ids = sharesOf(holder).map(({ id }) => id);
  if (ids.length > MAX_DEVICES) {
    return trans.__('%1 devices', ids.length);
  }
  return ids.join(' + ') || holder.device;
}

const MAX_DEVICES = 2;

interface IBarProps {
  readonly holder: IHolder;
  readonly share: number;
}

/** What it alone holds, and behind it what others hold too. */
function Bar({ holder, share }: IBarProps): React.JSX.Element {
  const own = ownShare(holder);
  return (
    <div className="jp-VramHolder-bar" aria-hidden="true">
      <span
        className="jp-VramHolder-own"
        style={{ width: percent(share * own) }}
      />
      <span
        className="jp-VramHolder-shared"
        style={{ width: percent(share * (1 - own)) }}
      />
    </div>
  );
}

/** The part of what it reaches that only it holds. */
function ownShare(holder: IHolder): number {
  const reached = reachedBytes(holder);
  return reached > 0 ? holder.bytes / reached : 1;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}

/** Whether the name is something that a person could type. */
function isCode(kind: HolderKind): boolean {
  return (
    kind === 'variable' ||
    kind === 'output' ||
    kind === 'display' ||
    kind === 'module' ||
    kind === 'autograd graph'
  );
}

/** What kind of thing it is, and of how many tensors. */
function kindWords(holder: IHolder, trans: TranslationBundle): string {
  const kind = kindWord(holder.kind, trans);
  const { tensorCount } = holder;
  const count = trans._n('%1 tensor', '%1 tensors', tensorCount);
  const words = [kind, tensorCount > 0 ? count : ''];
  return words.filter(word => word !== '').join(' · ');
}

function kindWord(kind: HolderKind, trans: TranslationBundle): string {
  switch (kind) {
    case 'output':
      return trans.__('output');
    case 'display':
      return trans.__('kept by IPython');
    case 'autograd graph':
      return trans.__('autograd graph');
    case 'workspace':
      return trans.__('kept by PyTorch');
    case 'module':
      return trans.__('global');
    case 'fragmentation':
      return trans.__('pinned');
    case 'frame':
      return trans.__('running');
    default:
      // Its name says it.
      return '';
  }
}
