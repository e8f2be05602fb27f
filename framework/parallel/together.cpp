#include "parallel/together.hpp"

#include "parallel/failure.hpp"

namespace neusemslice {
namespace {

/// How a part ended, as a text to send: empty when all went well, else the exit code as one character and the message.
std::string outcome_of(const std::function<void()>& part) {
  try {
    part();
    return "";
  } catch (const std::exception& error) {
    const Failure failure = failure_of(error);
    return static_cast<char>(static_cast<unsigned char>(failure.code)) + failure.message;
  }
}

}  // namespace

std::vector<std::string> gather_texts(Communicator& communicator, const std::string& text) {
  at::Tensor bytes = at::empty({static_cast<std::int64_t>(text.size())}, at::kByte);
  std::copy(text.begin(), text.end(), bytes.mutable_data_ptr<std::uint8_t>());
  std::vector<std::string> texts;
  for (const at::Tensor& of_rank : communicator.all_gather(bytes)) {
    const auto* begin = of_rank.const_data_ptr<std::uint8_t>();
    texts.emplace_back(begin, begin + of_rank.numel());
  }
  return texts;
}

std::vector<at::Tensor> gather_together(Communicator& communicator, const std::function<at::Tensor()>& part) {
  at::Tensor made;
  together(communicator, [&] { made = part(); });
  return communicator.all_gather(made);
}

void together(Communicator& communicator, const std::function<void()>& part) {
  if (communicator.size() == 1) return part();
  for (const std::string& outcome : gather_texts(communicator, outcome_of(part))) {
    if (outcome.empty()) continue;
    throw Error(outcome.substr(1), static_cast<ExitCode>(static_cast<unsigned char>(outcome.front())));
  }
}

}  // namespace neusemslice
