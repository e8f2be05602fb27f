#include "core/hash.hpp"

#include <array>
#include <fstream>
#include <vector>

#include <fmt/ranges.h>
#include <openssl/evp.h>

#include "core/error.hpp"

namespace neusemslice {
namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string to_hex(const Digest& digest, unsigned int length) {
  return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + length, ""));
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ != nullptr && EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) == 1,
          "OpenSSL could not start a SHA-256");
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

Sha256& Sha256::add(std::string_view bytes) {
  require(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size()) == 1, "SHA-256 failed");
  return *this;
}

std::string Sha256::hex() {
  Digest digest{};
  unsigned int length = 0;
  require(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), digest.data(), &length) == 1, "SHA-256 failed");
  return to_hex(digest, length);
}

std::string sha256_hex(std::string_view bytes) {
  return Sha256().add(bytes).hex();
}

std::string md5_hex(std::string_view bytes) {
  Digest digest{};
  unsigned int length = 0;
  require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_md5(), nullptr) == 1, "MD5 failed");
  return to_hex(digest, length);
}

std::string sha256_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  require_input(file.is_open(), "{}: cannot be opened", path.string());
  Sha256 hash;
  std::vector<char> block(1 << 20);
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash.add({block.data(), static_cast<std::size_t>(file.gcount())});
  }
  require_input(file.eof(), "{}: cannot be read to its end", path.string());
  return hash.hex();
}

}  // namespace neusemslice
