#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/churn/core/features.h"

namespace rapport::churn {
namespace {

const char* SourceOf(const v1::FeatureDefinition& definition) {
  switch (definition.source()) {
    case v1::FEATURE_SOURCE_ACTIVITIES:
      return "activities";
    case v1::FEATURE_SOURCE_RATINGS:
      return "ratings";
    default:
      return "response times";
  }
}

TEST(ReadmeTest, ListsTheStandardFeatures) {
  std::stringstream readme;
  readme << std::ifstream(RAPPORT_CHURN_README).rdbuf();
  std::string table = "| feature | meaning | source |\n|---|---|---|\n";
  for (const v1::FeatureDefinition& definition : StandardFeatures()) {
    absl::StrAppend(&table, "| `", definition.feature().name(), "` | ", definition.description(), " | ",
                    SourceOf(definition), " |\n");
  }
  EXPECT_NE(readme.str().find(table + "\n"), std::string::npos) << "README.md of services/churn should have\n" << table;
}

}  // namespace
}  // namespace rapport::churn
