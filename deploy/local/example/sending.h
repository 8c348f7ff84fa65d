#ifndef RAPPORT_DEPLOY_LOCAL_EXAMPLE_SENDING_H_
#define RAPPORT_DEPLOY_LOCAL_EXAMPLE_SENDING_H_

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"

// What sending to the services has in common.
namespace rapport::example {

inline constexpr size_t kBatch = 1000;

// How many events of a kind a service answered in which way.
struct Tally {
  int stored = 0;
  int known = 0;
  int refused = 0;
  std::string first_refusal;

  template <typename Result, typename Outcome>
  void Count(const google::protobuf::RepeatedPtrField<Result>& results, Outcome duplicate) {
    for (const Result& result : results) {
      if (result.status().code() != 0) {
        if (refused++ == 0) first_refusal = result.status().message();
      } else if (result.outcome() == duplicate) {
        ++known;
      } else {
        ++stored;
      }
    }
  }

  void Print(absl::string_view what) const {
    std::cout << what << ": " << stored << " new, " << known << " known already, " << refused << " refused\n";
    if (refused > 0) std::cerr << "First refusal: " << first_refusal << '\n';
  }
};

// Calls `send` with each stretch [begin, end) of at most kBatch of `count` items, until it says no.
template <typename Send>
void ForEachBatch(size_t count, Send send) {
  for (size_t begin = 0; begin < count; begin += kBatch) {
    if (!send(begin, std::min(count, begin + kBatch))) return;
  }
}

inline void Prepare(grpc::ClientContext& context) {
  constexpr absl::Duration kLongestWait = absl::Seconds(60);
  context.set_deadline(absl::ToChronoTime(absl::Now() + kLongestWait));
  context.set_wait_for_ready(true);
}

// Says what to do when a service stopped. Answers whether all went well.
inline bool Report(absl::string_view server, const grpc::Status& status) {
  if (!status.ok()) {
    std::cerr << "The service at " << server << " stopped taking events: " << status.error_message()
              << "\nRun this again: events that it knows already change nothing.\n";
  }
  return status.ok();
}

}  // namespace rapport::example

#endif  // RAPPORT_DEPLOY_LOCAL_EXAMPLE_SENDING_H_
