#include "services/churn/service/outcome_source.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/churn/service/recorded_outcomes.h"

namespace rapport::churn {
namespace {

constexpr absl::Duration kChunkDeadline = absl::Seconds(30);
constexpr absl::Duration kPause = absl::Seconds(1);
constexpr int kMostPauses = 600;

absl::Status Cancelled() {
  return absl::CancelledError("training was cancelled");
}

// The next chunk, asked for again and again while somebody is away.
absl::StatusOr<LabelledCustomers> NextPatiently(RecordedOutcomes& outcomes, GoOn go_on) {
  absl::StatusOr<LabelledCustomers> next = outcomes.Next(absl::Now() + kChunkDeadline);
  for (int i = 0; i < kMostPauses && absl::IsUnavailable(next.status()); ++i) {
    if (!go_on(outcomes.progress())) return Cancelled();
    absl::SleepFor(kPause);
    next = outcomes.Next(absl::Now() + kChunkDeadline);
  }
  if (!absl::IsUnavailable(next.status())) return next;
  return absl::UnavailableError(absl::StrCat(next.status().message(), "; train again when it answers"));
}

absl::Status AddAll(const LabelledCustomers& chunk, AddCustomer add) {
  for (size_t i = 0; i < chunk.customers.size(); ++i) {
    if (absl::Status status = add(chunk.customers[i], chunk.lost[i]); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

OutcomeSource MakeOutcomeSource(Reader& reader, Directory& directory, FeatureReader& features) {
  return [&](absl::string_view tenant, const v1::RecordedOutcomes& asked, AddCustomer add,
             GoOn go_on) -> absl::StatusOr<Interval> {
    absl::StatusOr<RecordedOutcomes> outcomes = RecordedOutcomes::Open(reader, directory, features, tenant, asked);
    if (!outcomes.ok()) return outcomes.status();
    while (!outcomes->done()) {
      if (!go_on(outcomes->progress())) return Cancelled();
      const absl::StatusOr<LabelledCustomers> chunk = NextPatiently(*outcomes, go_on);
      if (!chunk.ok()) return chunk.status();
      if (absl::Status status = AddAll(*chunk, add); !status.ok()) return status;
    }
    return outcomes->window();
  };
}

}  // namespace rapport::churn
