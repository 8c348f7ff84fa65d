#ifndef RAPPORT_TESTS_CHURN_ACTIVITIES_STORE_CONTENTS_H_
#define RAPPORT_TESTS_CHURN_ACTIVITIES_STORE_CONTENTS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/activities.pb.h"
#include "tests/churn_activities/service_harness.h"

namespace rapport::churn {

// What is stored of customers: to be compared with what should be.
struct Contents {
  std::map<std::string, std::string> records;        // as bytes, by customer id; those that exist
  std::map<std::string, std::string> activities;     // as bytes without `received_at`, by customer and activity id
  std::map<std::string, std::set<std::string>> ids;  // of stored activities, by customer id
  std::multiset<std::string> rows;                   // as the directory shows them, as bytes

  friend bool operator==(const Contents&, const Contents&) = default;
};

// Of these activities, which name all customers and activities that are looked for.
Contents StoredContents(Harness& harness, absl::Span<const v1::Activity> activities);

// What follows from a set of activities by the rules, worked out the slow way.
Contents ExpectedContents(absl::Span<const v1::Activity> activities);

// As a test's message: where two first differ.
std::string Difference(const Contents& expected, const Contents& actual);

}  // namespace rapport::churn

#endif  // RAPPORT_TESTS_CHURN_ACTIVITIES_STORE_CONTENTS_H_
