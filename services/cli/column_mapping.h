#ifndef RAPPORT_SERVICES_CLI_COLUMN_MAPPING_H_
#define RAPPORT_SERVICES_CLI_COLUMN_MAPPING_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace rapport::cli {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Which `=` divides a pair: the first in `score=CSAT = 5`, the last in `a=b=UP`.
enum class Divide { kAtFirst, kAtLast };

// Reads the values of a repeatable flag such as --map=a=b,c=d. Quotes around an item protect a comma: --map='"a=Hi,
// you"'.
absl::StatusOr<Pairs> ParsePairs(absl::string_view flag, const std::vector<std::string>& values,
                                 Divide divide = Divide::kAtFirst);

// The fields that a row can fill.
enum class Field {
  kId,
  kCustomer,
  kScore,
  kStatus,
  kOccurredAt,
  kAgent,
  kChannel,
  kComment,
  kConversation,
  kRevision,
  kWow,
  kLabel,
  kEvent,
  kOpenedAt,
  kSequence,
  kDeleted,
  kPriority,
  kTier,
  kHold,
  kUntil,
  kInto,
  kReason,
  kDetail,
  kSelfService,
  kReference,
  kFollower,
  kPlan,
  kRevenue,
  kAmount,
  kCurrency,
  kInvoice,
  kDue,
  kEffective,
  kFeature,
  kQuantity,
  kTopic,
  kOwner,
  kAttribute,
};

// Where the column `name` stands in `header`. The error names `flag`, and the heading that is nearest.
absl::StatusOr<size_t> FindColumn(absl::string_view flag, absl::string_view name,
                                  const std::vector<std::string>& header);

// The columns that `name` stands for: one of that name, or those that a `+` joins.
std::vector<std::string> JoinedColumns(absl::string_view name, const std::vector<std::string>& header);

struct FieldName {
  Field field;
  // A name that ends in a dot, such as `label.`, takes any key after it.
  absl::string_view name;
  bool required;
};

// Where a field's value comes from: a column, or the same value for every row.
struct FieldSource {
  Field field = Field::kId;
  // What stands after the dot of the field's name.
  std::string key;
  // Of --map. The values of several columns are joined by `/`.
  std::vector<size_t> columns;
  // Of --set.
  std::string constant;

  // `row` has as many fields as the header.
  std::string Value(const std::vector<std::string>& row) const;
};

// Resolves `columns` (field -> column name, or several joined by `+`) against the header, and `constants` (field ->
// value). Fields are those of `known`. Errors: a field unknown, given twice or missing; a column that the header does
// not have, with the nearest it has; a mapped name that the header has twice.
absl::StatusOr<std::vector<FieldSource>> ResolveMapping(const Pairs& columns, const Pairs& constants,
                                                        absl::Span<const FieldName> known,
                                                        const std::vector<std::string>& header);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_COLUMN_MAPPING_H_
