import type { DeviceKind } from '../wire/generated';

/**
 * The lines of Python that ask one family of devices for its memory.
 *
 * They are the inside of a function, indented by four spaces. None of them
 * initializes a device or makes a context on one.
 */
export interface IFamilyCode {
  readonly imports: string;
  /** Defines `show(when)`, which prints allocated and reserved of every device. */
  readonly show: string;
  /** Prints all that the allocator counts. */
  readonly summary: string;
  /** The expression that returns unused memory to the device. */
  readonly emptyCache: string;
}

/** The code for devices of `kind`. */
export function familyCode(kind: DeviceKind): IFamilyCode {
  switch (kind) {
    case 'cuda':
    case 'hip':
      // ROCm builds of torch answer to the name of CUDA.
      return allocatorCode('cuda', 'print(torch.cuda.memory_summary(i))');
    case 'xpu':
      return allocatorCode('xpu', 'print(torch.xpu.memory_stats(i))');
    case 'mps':
      return MPS;
    case 'practice':
      return PRACTICE;
  }
}

const PRINT = `allocated {allocated:.2f} GiB, reserved {reserved:.2f} GiB")`;

function allocatorCode(family: 'cuda' | 'xpu', summary: string): IFamilyCode {
  const guard = `if not torch.${family}.is_initialized():`;
  const sentence = `print("PyTorch has not used a GPU in this kernel yet.")`;
  const loop = `for i in range(torch.${family}.device_count()):`;
  return {
    imports: '    import torch',
    show: `    def show(when):
        ${guard}
            return ${sentence}
        ${loop}
            allocated = torch.${family}.memory_allocated(i) / 2**30
            reserved = torch.${family}.memory_reserved(i) / 2**30
            print(f"${family}:{i} {when}: ${PRINT}`,
    summary: `    ${guard}
        return ${sentence}
    ${loop}
        ${summary}`,
    emptyCache: `torch.${family}.empty_cache()`
  };
}

const MPS: IFamilyCode = {
  imports: '    import torch',
  show: `    def show(when):
        if not torch.backends.mps.is_available():
            return print("PyTorch finds no Apple GPU on this machine.")
        allocated = torch.mps.current_allocated_memory() / 2**30
        reserved = torch.mps.driver_allocated_memory() / 2**30
        print(f"mps {when}: ${PRINT}`,
  summary: `    for name in ("current_allocated_memory", "driver_allocated_memory", "recommended_max_memory"):
        print(f"mps: {name} {getattr(torch.mps, name)() / 2**30:.2f} GiB")`,
  emptyCache: 'torch.mps.empty_cache()'
};

const PRACTICE: IFamilyCode = {
  imports: '    import jupyterlab_vram',
  show: `    def show(when):
        for device in jupyterlab_vram.reading()["devices"]:
            allocated = device["allocated_bytes"] / 2**30
            reserved = device["reserved_bytes"] / 2**30
            print(f"{device['id']} {when}: ${PRINT}`,
  summary: `    for device in jupyterlab_vram.reading()["devices"]:
        for name, value in device.items():
            print(f"{device['id']}: {name} {value}")`,
  emptyCache: 'jupyterlab_vram.practice.empty_cache()'
};
