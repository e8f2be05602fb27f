#pragma once

#include <string>

#include <ATen/ATen.h>

namespace neusemslice {

/// "auto" (a GPU when there is one, else the CPU), "cpu", "cuda" or "cuda:1". "auto" and "cuda" give GPU number
/// `local_rank` modulo the visible ones, which is right both when a process sees every GPU of its host and when the
/// site shows each rank its own. Throws EnvironmentError, saying what is found, when the device is not there, and
/// InputError for any other text.
at::Device choose_device(const std::string& name, int local_rank = 0);

/// Makes a GPU the current one of this thread, so that nothing is ever allocated on GPU 0 by a rank that owns another,
/// and lets the process's GPUs compute in float32 proper (no TF32), by cuDNN's reproducible algorithms.
void make_current(at::Device device);

/// GPUs that this process can see; 0 in a build for CPU.
int visible_gpus();

/// The GPU's own identity ("GPU-8f1c..."), which does not depend on what a process sees; empty for the CPU.
std::string device_uuid(at::Device device);

}  // namespace neusemslice
