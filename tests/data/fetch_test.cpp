#include "data/fetch.hpp"

#include <csignal>
#include <cstdlib>
#include <memory>

#include <gmock/gmock.h>

#include "core/files.hpp"
#include "core/stop.hpp"
#include "data/http_server.hpp"
#include "data/part_file.hpp"
#include "data/raw_dataset.hpp"
#include "data/samples.hpp"

namespace neusemslice::testing_data {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;
using enum FileRole;

const std::string kFirst = "train-images-idx3-ubyte.gz";

/// A server with the tiny dataset in `right` and one of the same size with other labels in `wrong`; an empty folder.
class Fetch : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    root = std::make_unique<TemporaryFolder>();
    server = std::make_unique<HttpServer>(root->path());
  }

  static void TearDownTestSuite() {
    server.reset();
    root.reset();
  }

  void SetUp() override {
    if (!server->is_running()) GTEST_SKIP() << "python3 is not installed: no server to fetch from";
    server->forget_requests();
    PerFile<std::string> others = contents;
    others[training_images].back() = '!';
    serve("right", contents);
    serve("wrong", others);
  }

  void serve(const std::string& name, const PerFile<std::string>& served) {
    for (const FileRole role : kFileRoles) write(packed_path(name, role), gzip(served[role]));
  }

  fs::path packed_path(const std::string& name, FileRole role) {
    return root->path() / name / (info.files[role].name + ".gz");
  }

  /// Fetches from servers that behave in these manners, in this order.
  std::vector<FetchedFile> fetch_from(const std::vector<std::string>& manners, FetchOptions options = {}) {
    info.base_urls.clear();
    for (const std::string& manner : manners) info.base_urls.push_back(server->url(manner));
    return fetch_dataset(info, target, options);
  }

  void expect_complete() {
    EXPECT_TRUE(load_raw_dataset(info, target).official);
    for (const auto& entry : fs::directory_iterator(target)) {
      EXPECT_NE(entry.path().extension(), ".part") << "left behind: " << entry.path();
    }
  }

  /// The requests for the first file.
  std::vector<std::string> requests() {
    std::vector<std::string> found;
    for (const std::string& request : server->requests()) {
      if (request.find(kFirst) != std::string::npos) found.push_back(request);
    }
    return found;
  }

  TemporaryFolder destination;
  fs::path target = destination.path() / "new" / "tiny";
  PerFile<std::string> contents = tiny_contents();
  DatasetInfo info = tiny_dataset(contents);
  static inline std::unique_ptr<TemporaryFolder> root;
  static inline std::unique_ptr<HttpServer> server;  ///< one for all tests: starting Python takes longer than a test
};

TEST_F(Fetch, BringsTheFourFiles) {
  const std::vector<FetchedFile> files = fetch_from({"plain/right/"});
  ASSERT_THAT(files, SizeIs(4));
  EXPECT_EQ(files[0].path, target / kFirst);
  EXPECT_EQ(files[0].url, server->url("plain/right/" + kFirst));
  EXPECT_THAT(server->requests(), SizeIs(4));
  expect_complete();
}

TEST_F(Fetch, ContinuesADownloadThatIsCut) {
  fetch_from({"cut/right"});
  const auto half = fs::file_size(packed_path("right", training_images)) / 2;
  EXPECT_THAT(requests(), ElementsAre("/cut/right/" + kFirst + " -",
                                      "/cut/right/" + kFirst + " bytes=" + std::to_string(half) + "-"));
  expect_complete();
}

TEST_F(Fetch, ContinuesWhatAnEarlierRunLeft) {
  write(target / (kFirst + ".part"), gzip(contents[training_images]).substr(0, 40));
  fetch_from({"plain/right"});
  EXPECT_THAT(requests(), ElementsAre("/plain/right/" + kFirst + " bytes=40-"));
  expect_complete();
}

TEST_F(Fetch, StartsAnewWhenTheServerIgnoresRange) {
  write(target / (kFirst + ".part"), gzip(contents[training_images]).substr(0, 40));
  fetch_from({"no-range/right"});
  EXPECT_THAT(requests(), ElementsAre("/no-range/right/" + kFirst + " bytes=40-"));
  expect_complete();
}

TEST_F(Fetch, StartsAnewWhenTheEarlierPartIsOfAnotherFile) {
  write(target / (kFirst + ".part"), "something else altogether");
  fetch_from({"plain/right"});
  EXPECT_THAT(requests(), ElementsAre(HasSubstr("bytes=25-"), "/plain/right/" + kFirst + " -"));
  expect_complete();
}

TEST_F(Fetch, StartsAnewWhenTheEarlierPartIsTooLong) {
  write(target / (kFirst + ".part"), std::string(100000, 'x'));
  fetch_from({"plain/right"});
  EXPECT_THAT(requests(), ElementsAre(HasSubstr("bytes=100000-"), "/plain/right/" + kFirst + " -"));
  expect_complete();
}

TEST_F(Fetch, TriesABusyServerAgainAndFollowsRedirects) {
  fetch_from({"busy/right"});
  EXPECT_THAT(requests(), SizeIs(2));
  fetch_from({"redirect/right"}, {.force = true, .base_url = std::nullopt});
  EXPECT_THAT(requests(), Contains("/redirect/right/" + kFirst + " -"));
  expect_complete();
}

TEST_F(Fetch, GoesToTheNextServerAfter404) {
  EXPECT_EQ(fetch_from({"missing", "plain/right"})[0].url, server->url("plain/right/" + kFirst));
  expect_complete();
}

TEST_F(Fetch, GoesToTheNextServerAfterWrongContent) {
  EXPECT_EQ(fetch_from({"plain/wrong", "plain/right"})[0].url, server->url("plain/right/" + kFirst));
  expect_complete();
}

TEST_F(Fetch, RemovesWhatHasAnotherChecksum) {
  const std::string message = message_of<CheckError>([&] { fetch_from({"plain/wrong"}); });
  EXPECT_THAT(message, AllOf(HasSubstr("its SHA-256 is"), HasSubstr(info.files[training_images].sha256),
                             HasSubstr(server->url("plain/wrong")), HasSubstr("removed")));
  EXPECT_TRUE(fs::is_empty(target));
}

TEST_F(Fetch, SaysWhatEachServerAnswered) {
  info.base_urls = {server->url("missing"), "http://127.0.0.1:1"};
  const std::string message = message_of<EnvironmentError>([&] { fetch_dataset(info, target, {}); });
  EXPECT_THAT(message, AllOf(HasSubstr("train-images-idx3-ubyte could not be fetched"), HasSubstr("HTTP 404"),
                             HasSubstr("Failed to connect to 127.0.0.1"), HasSubstr("--base-url")));
  EXPECT_TRUE(fs::is_empty(target));
}

TEST_F(Fetch, AsksOnlyTheGivenServer) {
  fetch_from({"missing"}, {.force = false, .base_url = server->url("plain/right")});
  EXPECT_THAT(server->requests(), testing::Each(StartsWith("/plain/right/")));
  expect_complete();
}

TEST_F(Fetch, LeavesRightFilesAlone) {
  write_dataset(target, info, contents);
  const std::vector<FetchedFile> files = fetch_from({"plain/right"});
  EXPECT_EQ(files[3].path, target / "t10k-labels-idx1-ubyte");
  EXPECT_EQ(files[3].url, "");
  EXPECT_THAT(server->requests(), SizeIs(0));
}

TEST_F(Fetch, ReplacesAWrongFileOnlyWhenForced) {
  const fs::path own = write(target / "train-images-idx3-ubyte", idx_images(5, 16));
  const std::string message = message_of<InputError>([&] { fetch_from({"plain/right"}); });
  EXPECT_THAT(message, AllOf(StartsWith(own.string()), HasSubstr("holds 5 samples"), HasSubstr("--force")));
  EXPECT_TRUE(fs::exists(own));
  fetch_from({"plain/right"}, {.force = true, .base_url = std::nullopt});
  EXPECT_FALSE(fs::exists(own)) << "it would be found before the fetched file";
  expect_complete();
}

TEST_F(Fetch, AFullDiskIsSaidSo) {
  fs::create_directories(target);
  fs::create_symlink("/dev/full", target / (kFirst + ".part"));
  EXPECT_THAT(message_of<InputError>([&] { fetch_from({"plain/right"}); }),
              AllOf(HasSubstr(kFirst + ".part: cannot be written"), HasSubstr("No space left on device")));
}

TEST_F(Fetch, TwoProgramsDoNotWriteTheSamePart) {
  const PartFile other(target / kFirst);
  EXPECT_THAT(message_of<InputError>([&] { fetch_from({"plain/right"}); }), HasSubstr("another program"));
}

TEST_F(Fetch, StopsOnASignalAndKeepsThePart) {
  write(target / (kFirst + ".part"), gzip(contents[training_images]).substr(0, 40));
  const auto stopped = [&] {
    install_stop_handlers();
    std::raise(SIGTERM);
    try {
      fetch_from({"plain/right"});
    } catch (const Error& error) {
      std::_Exit(static_cast<int>(error.code()));
    }
  };
  EXPECT_EXIT(stopped(), testing::ExitedWithCode(143), "");
  EXPECT_GE(fs::file_size(target / (kFirst + ".part")), 40);
}

}  // namespace
}  // namespace neusemslice::testing_data
