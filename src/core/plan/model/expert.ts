import { linear, tensor, vector } from './outer';
import type { IExpertsFeedForward, ITensor } from './shape';

/** The tensors of a mixture of experts: the router, the experts, the shared network. */
export function expertTensors(
  feedForward: IExpertsFeedForward,
  hiddenSize: number
): ITensor[] {
  const { experts } = feedForward;
  const router = [
    tensor('ffn_gate_inp', 'feedForward', experts, hiddenSize),
    ...(feedForward.routerBias ? [vector('feedForward', experts)] : [])
  ];
  const own = ownTensors(feedForward, hiddenSize);
  const shared = sharedTensors(feedForward, hiddenSize);
  const gate = feedForward.hasSharedGate
    ? linear('ffn_gate_inp_shexp', 'feedForward', 1, hiddenSize, false)
    : [];
  return [...router, ...own, ...shared, ...gate];
}

/** One tensor for all experts, which bitsandbytes does not see. */
function ownTensors(
  { experts, width, bias }: IExpertsFeedForward,
  hiddenSize: number
): ITensor[] {
  return [
    tensor(
      'ffn_gate_up_exps',
      'experts',
      2 * width,
      hiddenSize,
      false,
      experts
    ),
    tensor('ffn_down_exps', 'experts', hiddenSize, width, false, experts),
    ...(bias
      ? [
          tensor('exps_bias', 'experts', 1, 2 * width, false, experts),
          tensor('exps_bias', 'experts', 1, hiddenSize, false, experts)
        ]
      : [])
  ];
}

/** The network that every token goes through. */
function sharedTensors(
  { sharedWidth }: IExpertsFeedForward,
  hiddenSize: number
): ITensor[] {
  return sharedWidth > 0
    ? [
        ...linear(
          'ffn_gate_shexp',
          'feedForward',
          sharedWidth,
          hiddenSize,
          false
        ),
        ...linear(
          'ffn_up_shexp',
          'feedForward',
          sharedWidth,
          hiddenSize,
          false
        ),
        ...linear(
          'ffn_down_shexp',
          'feedForward',
          hiddenSize,
          sharedWidth,
          false
        )
      ]
    : [];
}
