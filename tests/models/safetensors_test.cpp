#include "models/safetensors.hpp"

#include <cstring>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/files.hpp"
#include "support/problem.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::HasSubstr;
using testing::StartsWith;

std::string with_length(std::uint64_t length, const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

/// A file whose header says its own length truly.
std::string file_of(const std::string& header, const std::string& data) {
  return with_length(header.size(), header, data);
}

/// What reading a file of these bytes complains about: one line that begins with the file's name.
std::string complaint_about(const std::string& bytes) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "lies.safetensors";
  write_file_atomically(path, bytes);
  const std::string message = message_of<InputError>([&] { read_safetensors(path); });
  EXPECT_THAT(message, StartsWith(path.string()));
  EXPECT_LT(message.size(), 1000U);
  return message;
}

const std::string kTwoFloats = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

TEST(Safetensors, EveryTypeComesBackAsItWas) {
  const TemporaryFolder folder;
  TensorMap tensors;
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
                                    at::kChar, at::kByte, at::kBool}) {
    tensors[at::toString(type)] = at::arange(6).view({2, 3}).to(type);
  }
  tensors["scalar"] = at::scalar_tensor(1.5, at::TensorOptions(at::kDouble));
  tensors["nothing"] = at::zeros({0, 4});
  write_safetensors(folder / "all.safetensors", tensors);
  const TensorMap read = read_safetensors(folder / "all.safetensors");
  ASSERT_EQ(read.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(bits_equal(read.at(name), tensor)) << name;
}

TEST(Safetensors, NanAndInfinityKeepTheirBits) {
  const TemporaryFolder folder;
  const at::Tensor odd = at::tensor(std::vector<double>{NAN, INFINITY, -INFINITY, -0.0});
  write_safetensors(folder / "odd", {{"odd", odd}});
  EXPECT_TRUE(bits_equal(read_safetensors(folder / "odd").at("odd"), odd));
}

TEST(Safetensors, AViewIsWrittenAsItsOwnEntries) {
  const TemporaryFolder folder;
  const at::Tensor view = at::arange(12).view({3, 4}).t().slice(0, 1, 3);
  write_safetensors(folder / "view", {{"view", view}});
  EXPECT_TRUE(bits_equal(read_safetensors(folder / "view").at("view"), view.contiguous()));
}

TEST(Safetensors, EqualTensorsGiveEqualBytes) {
  const TensorMap tensors = {{"b", at::ones({3})}, {"a", at::zeros({2, 2})}};
  EXPECT_EQ(safetensors_bytes(tensors), safetensors_bytes({{"a", at::zeros({2, 2})}, {"b", at::ones({3})}}));
  EXPECT_NE(safetensors_bytes(tensors), safetensors_bytes({{"a", at::zeros({2, 2})}, {"b", at::zeros({3})}}));
}

TEST(Safetensors, FollowTheFormat) {
  const std::string bytes = safetensors_bytes({{"x", at::ones({2})}}, {{"format", "pt"}});
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  const auto header = nlohmann::json::parse(bytes.substr(8, length));
  EXPECT_EQ(header["__metadata__"]["format"], "pt");
  EXPECT_EQ(header["x"]["dtype"], "F32");
  EXPECT_EQ(header["x"]["shape"], nlohmann::json::array({2}));
  EXPECT_EQ(header["x"]["data_offsets"], nlohmann::json::array({0, 8}));
  EXPECT_EQ((8 + length) % 8, 0U);
  EXPECT_EQ(bytes.substr(8 + length), std::string("\0\0\x80\x3f\0\0\x80\x3f", 8));
}

TEST(Safetensors, ReadsWhatOthersWrite) {
  const TemporaryFolder folder;
  const std::string header = R"({"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[1],"data_offsets":[8,9]},)"
                             R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  )";
  write_file_atomically(folder / "others", file_of(header, std::string("\0\0\x80\x3f\0\0\0\x40\x07", 9)));
  const TensorMap tensors = read_safetensors(folder / "others");
  EXPECT_EQ(tensors.at("a")[1].item<float>(), 2.0F);
  EXPECT_EQ(tensors.at("b")[0].item<int>(), 7);
}

TEST(Safetensors, TextsOfTheMetadataComeBack) {
  const TemporaryFolder folder;
  const std::map<std::string, std::string> metadata = {{"format", "pt"}, {"note", "\"quoted\"\nsecond line"}};
  write_safetensors(folder / "with", {{"x", at::ones({2})}}, metadata);
  EXPECT_EQ(read_safetensors_file(folder / "with").metadata, metadata);
  write_safetensors(folder / "without", {{"x", at::ones({2})}});
  EXPECT_TRUE(read_safetensors_file(folder / "without").metadata.empty());
  write_file_atomically(folder / "numbers", file_of(R"({"__metadata__":{"a":1,"b":"text"}})", ""));
  EXPECT_EQ(read_safetensors_file(folder / "numbers").metadata, (std::map<std::string, std::string>{{"b", "text"}}));
}

TEST(Safetensors, AFileWithoutTensorsIsEmpty) {
  const TemporaryFolder folder;
  write_safetensors(folder / "none", {});
  EXPECT_TRUE(read_safetensors(folder / "none").empty());
}

TEST(SafetensorsRefuse, AMissingFile) {
  const std::string message = message_of<InputError>([] { read_safetensors("/nowhere/model.safetensors"); });
  EXPECT_THAT(message, HasSubstr("/nowhere/model.safetensors"));
}

TEST(SafetensorsRefuse, AnEmptyFile) {
  EXPECT_THAT(complaint_about(""), HasSubstr("0 bytes"));
}

TEST(SafetensorsRefuse, AFileShorterThanTheLength) {
  EXPECT_THAT(complaint_about("abc"), HasSubstr("3 bytes"));
}

TEST(SafetensorsRefuse, AHeaderLongerThanTheFile) {
  EXPECT_THAT(complaint_about(with_length(1000, kTwoFloats, std::string(8, '\0'))), HasSubstr("claims 1000 bytes"));
}

TEST(SafetensorsRefuse, AHeaderOfAHugeLength) {
  EXPECT_THAT(complaint_about(with_length(UINT64_MAX, kTwoFloats, "")), HasSubstr("18446744073709551615"));
  EXPECT_THAT(complaint_about(with_length(UINT64_MAX - 7, kTwoFloats, "")), HasSubstr("18446744073709551608"));
  EXPECT_THAT(complaint_about(with_length(1ULL << 63, kTwoFloats, "")), HasSubstr("claims"));
}

TEST(SafetensorsRefuse, AHeaderThatIsTooShort) {
  complaint_about(with_length(kTwoFloats.size() - 1, kTwoFloats, std::string(8, '\0')));
  complaint_about(with_length(0, kTwoFloats, std::string(8, '\0')));
}

TEST(SafetensorsRefuse, AHeaderThatIsNoJsonObject) {
  for (const std::string header : {"not json", "[1,2]", "null", "3", "\"text\"", "{\"a\":", "{}{}", "\xff\xfe{}"}) {
    EXPECT_THAT(complaint_about(file_of(header, "")), HasSubstr("not a JSON object")) << header;
  }
}

TEST(SafetensorsRefuse, ADeeplyNestedHeader) {
  complaint_about(file_of(std::string(2'000'000, '['), ""));
}

TEST(SafetensorsRefuse, APickle) {
  complaint_about(std::string("\x80\x02}q\x00X\x06\x00\x00\x00weight", 16));
}

TEST(SafetensorsRefuse, AFileThatEndsEarly) {
  EXPECT_THAT(complaint_about(file_of(kTwoFloats, std::string(7, '\0'))), HasSubstr("7 are there"));
  complaint_about(file_of(kTwoFloats, ""));
}

TEST(SafetensorsRefuse, TrailingBytes) {
  EXPECT_THAT(complaint_about(file_of(kTwoFloats, std::string(9, '\0'))), HasSubstr("9 are there"));
}

TEST(SafetensorsRefuse, TensorsThatOverlap) {
  EXPECT_THAT(complaint_about(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                                      R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                                      std::string(12, '\0'))),
              HasSubstr("tensor 'b'"));
  complaint_about(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                          R"("b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                          std::string(8, '\0')));
}

TEST(SafetensorsRefuse, AHoleBetweenTensors) {
  EXPECT_THAT(complaint_about(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                                      R"("b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}})",
                                      std::string(16, '\0'))),
              HasSubstr("tensor 'b'"));
  complaint_about(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})", std::string(16, '\0')));
}

TEST(SafetensorsRefuse, OffsetsThatDoNotFitTheShape) {
  for (const std::string offsets : {"[0,4]", "[8,0]", "[0,16]", "[0]", "[0,8,16]", "[-8,0]", "[0,8.0]", "\"0,8\"",
                                    "[18446744073709551608,0]", "{}", "null"}) {
    const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":)" + offsets + "}}";
    EXPECT_THAT(complaint_about(file_of(header, std::string(8, '\0'))), HasSubstr("tensor 'a'")) << offsets;
  }
}

TEST(SafetensorsRefuse, BadShapes) {
  for (const std::string shape : {"[-2]", "[2.0]", "2", "null", "[\"2\"]", "[[2]]", "[4294967296,4294967296]",
                                  "[9223372036854775808,2]", "[1099511627776,1099511627776,1099511627776]",
                                  "[18446744073709551615]", "[4611686018427387904]", "[4611686018427387906]"}) {
    const std::string header = R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,8]}})";
    EXPECT_THAT(complaint_about(file_of(header, std::string(8, '\0'))), HasSubstr("tensor 'a'")) << shape;
  }
}

TEST(SafetensorsRefuse, AnEmptyTensorOfAnImpossibleShape) {
  const TemporaryFolder folder;
  for (const std::string shape : {"[0,1099511627776,1099511627776,1099511627776]", "[1099511627776,1099511627776,0]",
                                  "[1099511627776,0,1099511627776]"}) {
    const std::string header = R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,0]}})";
    complaint_about(file_of(header, ""));
  }
}

TEST(SafetensorsRefuse, UnknownTypes) {
  for (const std::string type : {"\"F128\"", "\"f32\"", "\"\"", "32", "null", "[]"}) {
    const std::string header = R"({"a":{"dtype":)" + type + R"(,"shape":[2],"data_offsets":[0,8]}})";
    EXPECT_THAT(complaint_about(file_of(header, std::string(8, '\0'))), HasSubstr("unknown type")) << type;
  }
}

TEST(SafetensorsRefuse, EntriesThatLackSomething) {
  for (const std::string entry : {R"({"shape":[2],"data_offsets":[0,8]})", R"({"dtype":"F32","data_offsets":[0,8]})",
                                  R"({"dtype":"F32","shape":[2]})", "[]", "null", "7"}) {
    EXPECT_THAT(complaint_about(file_of(R"({"a":)" + entry + "}", std::string(8, '\0'))), HasSubstr("tensor 'a'"))
        << entry;
  }
}

TEST(SafetensorsRefuse, NamesThatWouldBreakTheLine) {
  complaint_about(file_of(R"({"a\nb":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", std::string(8, '\0')));
}

}  // namespace
}  // namespace neusemslice
