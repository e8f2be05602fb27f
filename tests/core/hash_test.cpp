#include "core/hash.hpp"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::message_of;
using test_support::TemporaryFolder;

// FIPS 180-4's examples.
constexpr const char* kOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* kOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kOfMillionA = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(sha256_hex(""), kOfNothing);
  EXPECT_EQ(sha256_hex("abc"), kOfAbc);
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')), kOfMillionA);
}

TEST(Sha256, PiecesMakeTheWhole) {
  EXPECT_EQ(Sha256().add("a").add("").add("bc").hex(), kOfAbc);
}

TEST(Sha256File, ReadsFilesLongerThanItsBlock) {
  const TemporaryFolder folder;
  const std::string bytes((1 << 20) + 17, 'a');
  std::ofstream(folder / "file", std::ios::binary) << bytes;
  EXPECT_EQ(sha256_file(folder / "file"), sha256_hex(bytes));
}

TEST(Sha256File, AnEmptyFileIsHashedToo) {
  const TemporaryFolder folder;
  std::ofstream(folder / "file").flush();
  EXPECT_EQ(sha256_file(folder / "file"), kOfNothing);
}

TEST(Sha256File, NamesWhatCannotBeRead) {
  EXPECT_EQ(message_of<InputError>([] { sha256_file("/nowhere/file"); }), "/nowhere/file: cannot be opened");
  EXPECT_EQ(message_of<InputError>([] { sha256_file("/tmp"); }), "/tmp: cannot be read to its end");
}

}  // namespace
}  // namespace neusemslice
