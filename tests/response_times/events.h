#ifndef RAPPORT_TESTS_RESPONSE_TIMES_EVENTS_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_EVENTS_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "rapport/response_times/v1/conversations.pb.h"

// Random conversations, such as senders send: everything that can happen, in any order, with ties in time, corrections
// and deletions, around the days on which clocks change.
namespace rapport::response_times {

// The same bytes for equal messages.
std::string BytesOf(const google::protobuf::Message& message);

// An event without a kind.
v1::ConversationEvent MakeEvent(absl::string_view conversation_id, absl::string_view event_id, absl::Time at);

class RandomConversations {
 public:
  struct Options {
    int customers = 40;
    int agents = 6;
    // What conversations can last; all begin in `kFirst` to `kLast`.
    absl::Duration longest = absl::Hours(24 * 40);
  };
  // All events are between these.
  static absl::Time First();
  static absl::Time Last();

  RandomConversations(uint64_t seed, const Options& options) : random_(seed), options_(options) {}

  int64_t UpTo(int64_t n) { return std::uniform_int_distribution<int64_t>(0, n)(random_); }
  bool OneIn(int64_t n) { return UpTo(n - 1) == 0; }
  std::string Customer();
  std::mt19937_64& engine() { return random_; }

  // Valid events of one conversation with `count` different ids, with corrections and deletions, in the order in which
  // a careful sender would send them.
  std::vector<v1::ConversationEvent> Conversation(const std::string& id, int count);
  // 1 to 60, few being most.
  int Length();

  // Another revision of the event: something, or much, is different, and perhaps not even the revision.
  v1::ConversationEvent Revised(v1::ConversationEvent event);

 private:
  absl::Time Begin();
  absl::Duration Pause();
  void SetKind(v1::ConversationEvent& event);
  void SetMessage(v1::Message& message);
  void SetLabels(v1::ConversationEvent& event);

  std::mt19937_64 random_;
  const Options options_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_EVENTS_H_
