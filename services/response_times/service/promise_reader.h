#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISE_READER_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISE_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/time/interval.h"
#include "rapport/response_times/v1/promises.pb.h"
#include "services/response_times/core/promise_counting.h"
#include "services/response_times/service/reader.h"

namespace rapport::response_times {

// A promise in the order of lists.
struct DuePromise {
  int64_t due_ms = 0;
  std::string id;

  friend auto operator<=>(const DuePromise&, const DuePromise&) = default;  // NOLINT(modernize-use-nullptr)
};

// Promises of `due`, by when they are due, then by id: those after `after`, the first `limit`. Paused ones are left
// out.
absl::StatusOr<std::vector<DuePromise>> ListDue(Reader& reader, absl::string_view tenant, const Interval& due,
                                                const std::optional<DuePromise>& after, size_t limit);

// The promises with these ids as they stand at the reader's clock, in order; nothing for an id that is not known.
absl::StatusOr<std::vector<std::optional<v1::Promise>>> LoadPromises(Reader& reader, absl::string_view tenant,
                                                                     const std::vector<std::string>& ids);

// The promises due in a short interval, as they are counted: where a question cuts a slot of the roll-ups. Paused ones
// are left out: they have rows among the open ones.
absl::StatusOr<std::vector<CountedPromise>> LoadCounted(Reader& reader, absl::string_view tenant, const Interval& due);

// The ids of promises that people made to a customer.
absl::StatusOr<std::vector<std::string>> PromisesOfCustomer(Reader& reader, absl::string_view tenant,
                                                            absl::string_view customer_id);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISE_READER_H_
