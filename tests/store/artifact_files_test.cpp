#include "store/artifact_files.hpp"

#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/hash.hpp"
#include "store/sample_rows.hpp"
#include "store/store.hpp"
#include "store/workspace_contents.hpp"
#include "support/file_size_limit.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using test_support::files_below;
using test_support::FileSizeLimit;
using test_support::job_row;
using test_support::make_workspace_with_job_done;
using test_support::message_of;
using test_support::rows;
using test_support::TemporaryFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(ArtifactFiles, RowsHaveTheFilesPathSizeAndSha256) {
  const TemporaryFolder folder;
  const auto artifacts = write_artifacts(folder.path(), job_row('a'), {{"model.safetensors", "the model"}, {"b", ""}});
  ASSERT_THAT(artifacts, SizeIs(2));
  EXPECT_EQ(artifacts[0].name, "model.safetensors");
  EXPECT_EQ(artifacts[0].path, "artifacts/train/aaaaaaaaaaaaaaaa-model.safetensors");
  EXPECT_EQ(artifacts[0].bytes, 9);
  EXPECT_EQ(artifacts[0].sha256, sha256_hex("the model"));
  EXPECT_EQ(artifacts[1].path, "artifacts/train/aaaaaaaaaaaaaaaa-b");
  EXPECT_EQ(read_file(checked_artifact(folder.path(), artifacts[0])), "the model");
  EXPECT_EQ(read_file(checked_artifact(folder.path(), artifacts[1])), "");
}

TEST(ArtifactFiles, TheStoreGivesTheRowsBackByName) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  Store store(folder.path());
  const auto artifacts = store.artifacts(job_row('a').key);
  ASSERT_THAT(artifacts, SizeIs(1));
  EXPECT_EQ(artifacts[0].name, "model.safetensors");
  EXPECT_EQ(artifacts[0].bytes, 9);
  EXPECT_EQ(read_file(checked_artifact(folder.path(), artifacts[0])), "the model");
  EXPECT_THAT(store.artifacts(job_row('b').key), IsEmpty());
}

TEST(ArtifactFiles, AFileWhoseContentsChangedIsRefused) {
  const TemporaryFolder folder;
  const auto artifacts = write_artifacts(folder.path(), job_row('a'), {{"model.safetensors", "the model"}});
  write_file_atomically(folder.path() / artifacts[0].path, "THE MODEL");
  EXPECT_EQ(message_of<Error>([&] { static_cast<void>(checked_artifact(folder.path(), artifacts[0])); }),
            fmt::format("{}/artifacts/train/aaaaaaaaaaaaaaaa-model.safetensors: its contents are no longer those that "
                        "were written: delete it and run again",
                        folder.path().string()));
}

TEST(ArtifactFiles, ALinkInThePlaceOfTheArtifactsKeepsThem) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder / "workspace");
  fs::rename(folder / "workspace/artifacts", folder / "big disk");
  fs::create_directory_symlink(folder / "big disk", folder / "workspace/artifacts");
  Store store(folder / "workspace");
  EXPECT_EQ(read_file(checked_artifact(store.workspace(), store.artifacts(job_row('a').key).at(0))), "the model");
}

TEST(ArtifactFiles, ADiskThatIsFullForOneFileKeepsNoneOfTheJobs) {
  const TemporaryFolder folder;
  const std::vector<Artifact> files = {{"small", "fits"}, {"model.safetensors", std::string(2'000'000, 'x')}};
  {
    const FileSizeLimit limit(1'000'000);
    EXPECT_THAT(message_of<InputError>([&] { write_artifacts(folder.path(), job_row('a'), files); }),
                AllOf(HasSubstr("aaaaaaaaaaaaaaaa-model.safetensors"), HasSubstr("2.0 MB needed")));
  }
  EXPECT_THAT(files_below(folder.path()), IsEmpty());
  write_artifacts(folder.path(), job_row('a'), files);
  EXPECT_THAT(files_below(folder / "artifacts/train"),
              ElementsAre("aaaaaaaaaaaaaaaa-model.safetensors", "aaaaaaaaaaaaaaaa-small"));
}

TEST(ArtifactFiles, ACheckpointIsNamedByTheKeysFirstSixteenDigits) {
  EXPECT_EQ(checkpoint_path("/w", "0123456789abcdef" + std::string(48, '0')),
            "/w/checkpoints/0123456789abcdef.safetensors");
}

TEST(ArtifactFiles, OnlyOurNamesAreOurs) {
  EXPECT_TRUE(is_named_by_key("artifacts/train/0123456789abcdef-model.safetensors", kAfterKeyOfArtifact));
  EXPECT_TRUE(is_named_by_key("checkpoints/0123456789abcdef.safetensors.77.nss-tmp", kAfterKeyOfCheckpoint));
  EXPECT_FALSE(is_named_by_key("0123456789abcdef", kAfterKeyOfArtifact)) << "nothing after the key";
  EXPECT_FALSE(is_named_by_key("0123456789abcde-model", kAfterKeyOfArtifact)) << "15 digits";
  EXPECT_FALSE(is_named_by_key("0123456789abcdef0-model", kAfterKeyOfArtifact)) << "17 digits";
  EXPECT_FALSE(is_named_by_key("0123456789ABCDEF-model", kAfterKeyOfArtifact)) << "capital letters";
  EXPECT_FALSE(is_named_by_key("0123456789abcdef-model", kAfterKeyOfCheckpoint));
}

}  // namespace
}  // namespace neusemslice
