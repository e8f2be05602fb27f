#include "data/locate.hpp"

#include <gmock/gmock.h>

#include "data/samples.hpp"

namespace neusemslice::testing_data {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// An empty machine: no data folders set, the cache in `folder`/cache, the Debian package's folder in `folder`/package.
class Locate : public testing::Test {
 protected:
  Locate() { info.package_folder = folder.path() / "package"; }

  fs::path put(const std::string& where) {
    write_dataset(folder.path() / where, info, tiny_contents());
    return folder.path() / where;
  }

  TemporaryFolder folder;
  DatasetInfo info = tiny_dataset(tiny_contents());
  EnvironmentVariable data{"NEUSEMSLICE_DATA", nullptr};
  EnvironmentVariable cache{"NEUSEMSLICE_CACHE", (folder.path() / "cache").c_str()};
};

TEST_F(Locate, FindsEachSpellingOfAName) {
  for (const char* spelling : {"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte",
                               "train-images.idx3-ubyte.gz"}) {
    const fs::path path = write(folder.path() / spelling / spelling, "");
    EXPECT_EQ(find_file(path.parent_path(), "train-images-idx3-ubyte"), path);
  }
  EXPECT_EQ(find_file(folder.path(), "train-images-idx3-ubyte"), std::nullopt) << "folders of that name do not count";
}

TEST_F(Locate, SearchesVariableThenPackageThenCache) {
  const EnvironmentVariable two("NEUSEMSLICE_DATA", "/first:/second");
  EXPECT_THAT(search_folders(info), ElementsAre("/first/tiny", "/first", "/second/tiny", "/second",
                                                folder.path() / "package", folder.path() / "cache" / "tiny"));
  const fs::path in_cache = put("cache/tiny");
  EXPECT_EQ(locate_dataset(info, std::nullopt).folder, in_cache);
  const fs::path in_package = put("package");
  EXPECT_EQ(locate_dataset(info, std::nullopt).folder, in_package);
  const fs::path own = put("own/tiny");
  const EnvironmentVariable set("NEUSEMSLICE_DATA", ("/nowhere:" + own.parent_path().string()).c_str());
  EXPECT_EQ(locate_dataset(info, std::nullopt).folder, own);
  EXPECT_EQ(locate_dataset(info, in_cache).folder, in_cache) << "--data-dir comes before all";
}

TEST_F(Locate, TheSubfolderOfThatNameComesBeforeTheFolderItself) {
  const fs::path direct = put("both");
  EXPECT_EQ(locate_dataset(info, direct).folder, direct);
  const fs::path named = put("both/tiny");
  EXPECT_EQ(locate_dataset(info, direct).folder, named);
}

TEST_F(Locate, KeepsTheCacheWhereTheDesktopWantsIt) {
  const EnvironmentVariable none("NEUSEMSLICE_CACHE", nullptr);
  const EnvironmentVariable home("HOME", "/home/ada");
  const EnvironmentVariable xdg("XDG_CACHE_HOME", "/xdg");
  EXPECT_EQ(download_folder(info.name), "/xdg/neusemslice/tiny");
  const EnvironmentVariable no_xdg("XDG_CACHE_HOME", nullptr);
  EXPECT_EQ(download_folder(info.name), "/home/ada/.cache/neusemslice/tiny");
  const EnvironmentVariable no_home("HOME", nullptr);
  EXPECT_EQ(download_folder(info.name), std::nullopt);
}

TEST_F(Locate, AnExplicitFolderThatLacksAFileIsAnErrorEvenWhenTheCacheIsComplete) {
  put("cache/tiny");
  const fs::path given = put("given");
  fs::remove(given / "t10k-labels-idx1-ubyte");
  const std::string message = message_of<InputError>([&] { locate_dataset(info, given); });
  EXPECT_THAT(message, AllOf(HasSubstr("--data-dir " + given.string()), HasSubstr("(lacks t10k-labels-idx1-ubyte)"),
                             HasSubstr((folder.path() / "cache" / "tiny").string()), HasSubstr("data fetch tiny")));
}

TEST_F(Locate, AnExplicitFolderThatIsNotThereIsSaidSo) {
  EXPECT_THAT(message_of<InputError>([&] { locate_dataset(info, folder.path() / "no"); }),
              HasSubstr("there is no such folder"));
}

TEST_F(Locate, NeverMixesTheFilesOfTwoFolders) {
  fs::remove(put("package") / "train-images-idx3-ubyte");
  fs::remove(put("cache/tiny") / "t10k-images-idx3-ubyte");
  const std::string message = message_of<InputError>([&] { locate_dataset(info, std::nullopt); });
  EXPECT_THAT(message, AllOf(HasSubstr("package (lacks train-images-idx3-ubyte)"),
                             HasSubstr("tiny (lacks t10k-images-idx3-ubyte)")));
}

TEST_F(Locate, SaysWhatToDoWhenNothingIsFound) {
  EXPECT_EQ(search_dataset(info), std::nullopt);
  info.package = "dataset-tiny";
  const std::string message = message_of<InputError>([&] { locate_dataset(info, std::nullopt); });
  EXPECT_THAT(message, AllOf(HasSubstr("train-images-idx3-ubyte"), HasSubstr(info.package_folder.string()),
                             HasSubstr("neusemslice data fetch tiny"), HasSubstr("Debian package dataset-tiny"),
                             Not(HasSubstr("lacks"))));
}

TEST(Registry, SuggestsTheNearestName) {
  EXPECT_EQ(find_dataset("fashion-mnist").category_names[9], "Ankle boot");
  EXPECT_THAT(message_of<InputError>([] { find_dataset("fashion_mnist"); }),
              HasSubstr("unknown dataset 'fashion_mnist'; did you mean 'fashion-mnist'?"));
}

TEST(Registry, EveryOfficialFileIsKnownByItsContent) {
  for (const DatasetInfo& info : known_datasets()) {
    EXPECT_EQ(info.category_names.size(), 10);
    for (const FileRole role : kFileRoles) {
      EXPECT_EQ(official_content(info.files[role].sha256), std::string(role_name(role)) + " of " + info.name);
    }
  }
}

}  // namespace
}  // namespace neusemslice::testing_data
