"""What NVIDIA's driver says, by NVML or by ``nvidia-smi``."""
