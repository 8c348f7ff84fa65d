#ifndef RAPPORT_SERVICES_CLI_ACTIVITY_ROWS_H_
#define RAPPORT_SERVICES_CLI_ACTIVITY_ROWS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "rapport/churn/v1/activities.pb.h"
#include "services/cli/column_mapping.h"
#include "services/cli/row_conversion.h"
#include "services/cli/word_mapping.h"

namespace rapport::cli {

// Which fields a row of activities can fill.
extern const absl::Span<const FieldName> kActivityFields;

// What --kinds means: a kind of activity for each word of the source.
using KindMapping = WordMapping<churn::v1::ActivityKind>;
absl::StatusOr<KindMapping> MakeKindMapping(const Words& words);

// How the values of activities are to be read.
struct ActivityRules : ConversionRules {
  KindMapping kinds;
  // Values that stand for none.
  std::vector<std::string> blanks;
  // How many months the recurring revenue of a row is for.
  int revenue_months = 1;
};

// An amount such as `49.90` in the minor units of a currency: 4990 of EUR, 50 of JPY. Rounded half up. The error names
// `field`.
absl::StatusOr<int64_t> MinorUnits(absl::string_view field, absl::string_view amount, absl::string_view currency);

// The activity of a row with as many fields as the header had; none for a row to be ignored. The error is the reason
// for rejecting the row. Fields that its kind does not have are not read. Without a source for the id, the activity
// gets one that is made of what the row says: the same row again is the same activity. Attributes beside another kind
// are an implied activity, under the id `ID:attributes`.
absl::StatusOr<RowEvents<churn::v1::Activity>> ToActivity(const ActivityRules& rules,
                                                          const std::vector<FieldSource>& sources,
                                                          const std::vector<std::string>& row);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_ACTIVITY_ROWS_H_
