import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { ICachedModel } from '../../core/plan';
import { sentenceOf } from '../../core/text/translation';
import { formatBytes } from '../../core/text/units';
import { cachedModels, modelFileAt } from '../../kernel/modelfiles';
import type { IMonitor } from '../../model/tokens';
import { Link } from '../shared/link';
import { Labelled, Problem } from './labelled';
import { PRESETS } from '../../core/plan/presets';
import type { Source } from './state';
import { NOTHING } from './state';

/** Properties of `Choice`. */
export interface IChoiceProps {
  readonly monitor: IMonitor | null;
  readonly source: Source;
  readonly setSource: (source: Source) => void;
  readonly trans: TranslationBundle;
}

/** Which model: a preset, one on the kernel's machine, or a pasted config. */
export function Choice(props: IChoiceProps): React.JSX.Element {
  const { source, setSource, trans } = props;
  const value =
    source.kind === 'preset' ? `preset:${source.name}` : source.kind;
  return (
    <>
      <Labelled label={trans.__('Model')}>
        {id => (
          <select
            id={id}
            value={value}
            onChange={event => setSource(sourceOf(event.target.value))}
          >
            <option value="file">
              {trans.__('On the kernel’s machine …')}
            </option>
            <option value="pasted">{trans.__('Paste a config …')}</option>
            {PRESETS.map(({ name }) => (
              <option key={name} value={`preset:${name}`}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Labelled>
      {source.kind === 'file' && <FileChoice {...props} />}
      {source.kind === 'pasted' && (
        <Pasted text={source.text} {...{ setSource, trans }} />
      )}
    </>
  );
}

function sourceOf(key: string): Source {
  switch (key) {
    case 'file':
      return { kind: 'file', chosen: NOTHING };
    case 'pasted':
      return { kind: 'pasted', text: '' };
    default:
      return { kind: 'preset', name: key.replace('preset:', '') };
  }
}

/** A path, or one of the cached models. */
function FileChoice(props: IChoiceProps): React.JSX.Element {
  const { monitor, setSource, trans } = props;
  const [models, setModels] = React.useState<readonly ICachedModel[] | null>(
    null
  );
  const { attempt, problem, asking } = useAsking(monitor, trans);
  const refusal =
    monitor === null ? trans.__('There is no kernel to ask.') : null;
  const read = (where: string): void => {
    setSource({ kind: 'file', chosen: NOTHING });
    attempt(async asked => {
      const file = await asked.ask(modelFileAt(where));
      const { chosenOfFile } = await import(
        /* webpackChunkName: "planner.files" */ './filechoice'
      );
      setSource({ kind: 'file', chosen: chosenOfFile(file) });
    });
  };
  const list = (): void =>
    attempt(async asked => setModels(await asked.ask(cachedModels())));
  return (
    <div className="jp-VramPlan-file" aria-busy={asking}>
      <PathForm {...{ read, trans }} isRefused={refusal !== null} />
      {models === null ? (
        <Link
          label={trans.__('Look in the Hugging Face cache')}
          refusal={refusal}
          act={list}
        />
      ) : (
        <Cached {...{ models, read, trans }} />
      )}
      <Problem problem={problem} />
    </div>
  );
}

interface IAsking {
  readonly attempt: (ask: (monitor: IMonitor) => Promise<void>) => void;
  readonly problem: string | null;
  readonly asking: boolean;
}

/** Asks the kernel, and remembers what went wrong the last time. */
function useAsking(
  monitor: IMonitor | null,
  trans: TranslationBundle
): IAsking {
  const [problem, setProblem] = React.useState<string | null>(null);
  const [asking, setAsking] = React.useState(false);
  const attempt: IAsking['attempt'] = ask => {
    if (monitor === null) {
      return;
    }
    setAsking(true);
    setProblem(null);
    ask(monitor)
      .catch(error => setProblem(sentenceOf(error)(trans)))
      .finally(() => setAsking(false));
  };
  return { attempt, problem, asking };
}

interface IPathFormProps {
  readonly read: (path: string) => void;
  readonly isRefused: boolean;
  readonly trans: TranslationBundle;
}

function PathForm(props: IPathFormProps): React.JSX.Element {
  const { read, isRefused, trans } = props;
  const [path, setPath] = React.useState('');
  return (
    <form
      className="jp-VramPlan-path"
      onSubmit={event => {
        event.preventDefault();
        read(path);
      }}
    >
      <input
        type="text"
        value={path}
        spellCheck={false}
        placeholder={trans.__('Folder, config.json, .safetensors or .gguf')}
        aria-label={trans.__('Path on the kernel’s machine')}
        onChange={event => setPath(event.target.value)}
      />
      <button type="submit" disabled={path === '' || isRefused}>
        {trans.__('Read')}
      </button>
    </form>
  );
}

interface ICachedProps {
  readonly models: readonly ICachedModel[];
  readonly read: (path: string) => void;
  readonly trans: TranslationBundle;
}

function Cached({ models, read, trans }: ICachedProps): React.JSX.Element {
  if (models.length === 0) {
    return (
      <p className="jp-VramPanel-quiet">
        {trans.__('There is no model in the cache.')}
      </p>
    );
  }
  return (
    <select
      aria-label={trans.__('A model in the Hugging Face cache')}
      defaultValue=""
      onChange={event => read(event.target.value)}
    >
      <option value="" disabled>
        {trans.__('Choose …')}
      </option>
      {models.map(({ name, path }) => (
        <option key={path} value={path}>
          {name}
        </option>
      ))}
    </select>
  );
}

interface IPastedProps {
  readonly text: string;
  readonly setSource: (source: Source) => void;
  readonly trans: TranslationBundle;
}

/** A text field takes seconds to draw more than this, at every change. */
const MOST_DRAWN = 2 ** 17;

/** Takes the text of a config; one that is too long to be drawn is named by its size. */
function Pasted(props: IPastedProps): React.JSX.Element {
  const { text, setSource, trans } = props;
  const set = (pasted: string): void =>
    setSource({ kind: 'pasted', text: pasted });
  if (text.length > MOST_DRAWN) {
    return (
      <p>
        {trans.__('%1 of text were pasted.', formatBytes(text.length))}{' '}
        <Link label={trans.__('Paste another')} act={() => set('')} />
      </p>
    );
  }
  return (
    <textarea
      className="jp-VramPlan-paste"
      rows={4}
      spellCheck={false}
      placeholder={trans.__('The whole config.json of a model')}
      aria-label={trans.__('The text of a config.json')}
      value={text}
      onPaste={event => {
        const pasted = event.clipboardData.getData('text/plain');
        if (pasted.length > MOST_DRAWN) {
          event.preventDefault();
          set(pasted);
        }
      }}
      onChange={event => set(event.target.value)}
    />
  );
}
