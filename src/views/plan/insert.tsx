import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type {
  CellKind,
  IFitOptions,
  IFitPlan,
  IGpu,
  IModelShape
} from '../../core/plan';
import {
  cellKinds,
  gpuLayers,
  isSure,
  maxMemoryGiB,
  planCell
} from '../../core/plan';
import type { IPanelActions } from '../shared/actions';
import { Link } from '../shared/link';
import { Labelled } from './labelled';
import type { IChosen } from './state';

/** Properties of `Insert`. */
export interface IInsertProps {
  readonly chosen: IChosen;
  readonly plan: IFitPlan;
  /** One, or several that the plan is for together. */
  readonly gpus: readonly IGpu[];
  readonly shape: IModelShape;
  readonly options: IFitOptions;
  readonly actions: IPanelActions;
  readonly hasDocument: boolean;
  readonly trans: TranslationBundle;
}

/** Cells that load the model as planned. */
export function Insert(props: IInsertProps): React.JSX.Element {
  const { chosen, plan, trans } = props;
  const isTorch = plan.runtime === 'transformers';
  const [models, setModels] = React.useState({
    torch: chosen.model,
    gguf: chosen.gguf
  });
  const key = isTorch ? 'torch' : 'gguf';
  return (
    <div className="jp-VramPlan-insert">
      <Labelled label={trans.__('Load')}>
        {id => (
          <input
            id={id}
            type="text"
            value={models[key]}
            spellCheck={false}
            placeholder={
              isTorch
                ? trans.__('Repository or folder')
                : trans.__('Repository with GGUF files, or a .gguf file')
            }
            onChange={event =>
              setModels({ ...models, [key]: event.target.value })
            }
          />
        )}
      </Labelled>
      <CellLinks {...props} model={models[key].trim()} />
    </div>
  );
}

interface ICellLinksProps extends IInsertProps {
  readonly model: string;
}

function CellLinks(props: ICellLinksProps): React.JSX.Element {
  const { plan, model, actions, hasDocument, trans } = props;
  const refusal = !hasDocument
    ? trans.__('Open a notebook or a console first.')
    : model === ''
      ? trans.__('Say which model to load.')
      : null;
  return (
    <p className="jp-VramPlan-cells">
      <span>{trans.__('Insert cell:')}</span>
      {cellKinds(plan).map(kind => (
        <Link
          key={kind}
          label={labelOf(kind, trans)}
          refusal={refusal}
          act={() => actions.insertCode(codeOf(kind, model, props))}
        />
      ))}
    </p>
  );
}

function labelOf(kind: CellKind, trans: TranslationBundle): string {
  switch (kind) {
    case 'transformers':
      return 'transformers';
    case 'llama-cpp-python':
      return 'llama-cpp-python';
    case 'shell':
      return trans.__('llama.cpp in a shell');
    case 'ollama':
      return trans.__('Ollama Modelfile');
  }
}

/** The code; what does not fit for sure goes on the GPUs only as far as it fits. */
function codeOf(kind: CellKind, model: string, props: IInsertProps): string {
  const { plan, gpus, shape, options } = props;
  const [gpu] = gpus;
  const isWhole = gpu === undefined || isSure(plan);
  const isTorch = plan.runtime === 'transformers';
  return planCell(kind, {
    plan,
    model,
    isEncoder: shape.isEncoder,
    maxMemoryGiB: isWhole || !isTorch ? null : maxMemoryGiB(gpus),
    gpuLayers:
      isWhole || isTorch || gpus.length > 1
        ? null
        : gpuLayers(shape, { ...options, format: plan.format }, gpu).count
  });
}
