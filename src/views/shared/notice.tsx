import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IPanelActions } from './actions';
import { Link } from './link';
import type { INotice, NoticeOffer } from './states';
import { MessageText } from './message';

/** Properties of `Notice`. */
export interface INoticeProps {
  readonly notice: INotice;
  readonly actions: IPanelActions;
  readonly trans: TranslationBundle;
}

/** Why there are no figures, or why they may be old, and what can be done. */
export function Notice(props: INoticeProps): React.JSX.Element {
  const { notice, actions, trans } = props;
  return (
    <div
      className="jp-VramPanel-notice"
      data-slim={notice.keepFigures}
      role="status"
    >
      <p className="jp-VramPanel-noticeTitle">{notice.title}</p>
      <p className="jp-VramPanel-noticeText">
        <MessageText text={notice.text} />
      </p>
      {notice.offer !== null && (
        <Link
          label={offerLabel(notice.offer, trans)}
          act={() => accept(notice.offer, actions)}
        />
      )}
    </div>
  );
}

function accept(offer: NoticeOffer | null, actions: IPanelActions): void {
  switch (offer) {
    case 'retry':
      return actions.retry();
    case 'practice':
      return actions.usePractice();
    case 'restart':
      return actions.clear('restart');
    case null:
      return;
  }
}

function offerLabel(offer: NoticeOffer, trans: TranslationBundle): string {
  switch (offer) {
    case 'retry':
      return trans.__('Try again');
    case 'practice':
      return trans.__('Use the practice device');
    case 'restart':
      return trans.__('Restart kernel…');
  }
}
