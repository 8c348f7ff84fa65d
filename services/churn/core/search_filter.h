#ifndef RAPPORT_SERVICES_CHURN_CORE_SEARCH_FILTER_H_
#define RAPPORT_SERVICES_CHURN_CORE_SEARCH_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/churn/v1/health.pb.h"

// Filters over customers, in the language of AIP-160. README.md has the grammar; filter_matching.h applies them.
namespace rapport::churn {

inline constexpr size_t kMostFilterBytes = 2'000;
inline constexpr int kMostFilterDepth = 32;

enum class FilterField {
  kAnything,  // a value without a field
  kCustomerId,
  kActive,
  kPlan,
  kOwner,
  kBand,
  kProbability,
  kHealth,
  kRevenue,
  kCurrency,
  kTenureDays,
  kLastActive,
  kSignedUp,
  kConverted,
  kLost,
  kAttribute,
  kInterest,
  kConcern
};

enum class Comparator { kEqual, kNotEqual, kLess, kAtMost, kGreater, kAtLeast, kHas };

// A text in which stars stand for any bytes: those between the stars.
struct TextPattern {
  std::vector<std::string> parts = {""};

  bool Matches(absl::string_view text) const;
};

// Anything that is there: the star after a colon.
struct Presence {};

struct PointInTime {
  int64_t ms = 0;  // since 1970-01-01 UTC
};

// How long something has been ago.
struct Age {
  int64_t ms = 0;
};

// One comparison of a field with a value that fits it.
struct FilterTest {
  FilterField field = FilterField::kAnything;
  std::string key;  // of an attribute
  Comparator comparator = Comparator::kHas;
  std::variant<Presence, TextPattern, bool, double, PointInTime, Age, v1::HealthBand> value;
  std::optional<int64_t> within_ms;  // of interests and concerns: how old a mention may be
};

struct FilterNode {
  enum class Kind { kAll, kAny, kNot, kTest };

  Kind kind = Kind::kAll;
  std::vector<FilterNode> children;  // of kNot one; kAll without any matches everything
  FilterTest test;                   // of kTest
};

// Whether any test of the filter satisfies the predicate.
template <class Predicate>
bool AnyTest(const FilterNode& node, const Predicate& predicate) {
  if (node.kind == FilterNode::Kind::kTest) return predicate(node.test);
  for (const FilterNode& child : node.children) {
    if (AnyTest(child, predicate)) return true;
  }
  return false;
}

// 1 to 64 bytes of [a-z0-9_].
bool IsAttributeKey(absl::string_view key);

// What a filter may ask for.
enum class FilterScope {
  kSearch,   // every field
  kGrouping  // plan, owner, currency and attributes
};

// INVALID_ARGUMENT names `field`, the position in the text, counted in bytes from 1, what was met there and what was
// expected. Parentheses deeper than kMostFilterDepth are refused.
absl::StatusOr<FilterNode> ParseSearchFilter(absl::string_view text, FilterScope scope, absl::string_view field);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_SEARCH_FILTER_H_
