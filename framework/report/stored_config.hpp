#pragma once

#include <map>
#include <string>

namespace neusemslice {

/// What the settings of a suite are called, by name, as the config that a run stored says: "mlp-mnist" is "MLP-MNIST".
/// A setting without a title is left out, and all are when the text is no config.
std::map<std::string, std::string> setting_titles(const std::string& config);

/// The question that the stored config asks; "rq1", its default, when it names none.
std::string question_of(const std::string& config);

}  // namespace neusemslice
