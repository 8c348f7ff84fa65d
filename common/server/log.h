#ifndef RAPPORT_COMMON_SERVER_LOG_H_
#define RAPPORT_COMMON_SERVER_LOG_H_

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/server/call.h"

namespace rapport::server {

enum class Severity { kDebug, kInfo, kWarning, kError };

// INVALID_ARGUMENT unless `name` is debug, info, warning or error.
absl::StatusOr<Severity> ParseSeverity(absl::string_view name);

// A named value in a log line. Never a comment, a token or anything personal.
struct LogField {
  absl::string_view key;
  std::variant<absl::string_view, int64_t, double, bool> value;
};

// Writes one line of JSON an event: time, severity, message, service, with a call also rpc and trace_id, then the
// fields. `message` is a constant text that says what happened and, where somebody must act, what to do next; what
// varies goes into fields. A message that repeats is written 10 times in 10 seconds at most; the next line after that
// carries `repeated`, the number left out. Thread-safe.
class Logger {
 public:
  using Sink = std::function<void(absl::string_view line)>;  // `line` ends in a newline

  // Without a sink the lines go to stderr.
  Logger(std::string service, Severity least, Sink sink = nullptr);
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  bool Enabled(Severity severity) const { return severity >= least_; }

  void Write(Severity severity, absl::string_view message, std::initializer_list<LogField> fields = {});
  // The same, about a call.
  void Write(Severity severity, absl::string_view message, absl::string_view rpc, absl::string_view trace_id,
             std::initializer_list<LogField> fields = {});

  void Info(absl::string_view message, std::initializer_list<LogField> fields = {}) {
    Write(Severity::kInfo, message, fields);
  }
  void Warning(absl::string_view message, std::initializer_list<LogField> fields = {}) {
    Write(Severity::kWarning, message, fields);
  }
  void Error(absl::string_view message, std::initializer_list<LogField> fields = {}) {
    Write(Severity::kError, message, fields);
  }

 private:
  struct Repetition {
    absl::Time window_start = absl::InfinitePast();
    int written = 0;
    int64_t left_out = 0;
  };

  // How many lines like `key` were left out since the last; nothing when this one is to be left out too.
  std::optional<int64_t> Admit(const std::string& key, absl::Time now);

  const std::string service_;
  const Severity least_;
  const Sink sink_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Repetition> repetitions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_LOG_H_
