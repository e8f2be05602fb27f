#pragma once

#include <string>

#include <ATen/ATen.h>

namespace neusemslice {

/// "auto" (the first GPU, else the CPU), "cpu", "cuda" or "cuda:1". Throws EnvironmentError, saying what is found, when
/// the device is not there, and InputError for any other text.
at::Device choose_device(const std::string& name);

/// GPUs that this process can see; 0 in a build for CPU.
int visible_gpus();

/// Cores this process may run on.
int available_cores();

}  // namespace neusemslice
