#include "store/database_uri.hpp"

#include <gtest/gtest.h>

namespace neusemslice {
namespace {

TEST(DatabaseUri, EscapesWhatHasAMeaningInAUri) {
  EXPECT_EQ(database_uri("/w/results.db", "mode=ro"), "file:/w/results.db?mode=ro");
  EXPECT_EQ(database_uri("/100 % sure?/#1", "mode=ro"), "file:/100 %25 sure%3f/%231?mode=ro");
}

TEST(DatabaseUri, TwoSlashesBeginNoHostName) {
  EXPECT_EQ(database_uri("//w//results.db", "mode=ro"), "file:/w/results.db?mode=ro");
}

TEST(DatabaseUri, GivesThePathBack) {
  for (const char* path : {"/w/results.db", "w/results.db", "/100 % sure?/#1/%3f/%25"}) {
    EXPECT_EQ(database_path_of(path), path);
    EXPECT_EQ(database_path_of(database_uri(path, "mode=ro&immutable=1")), path);
  }
}

}  // namespace
}  // namespace neusemslice
