#include "common/server/log.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace rapport::server {
namespace {

constexpr int kMaxRepetitions = 10;
constexpr absl::Duration kRepetitionWindow = absl::Seconds(10);
constexpr size_t kMaxRemembered = 1000;

absl::string_view NameOf(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return "DEBUG";
    case Severity::kInfo:
      return "INFO";
    case Severity::kWarning:
      return "WARNING";
    case Severity::kError:
      return "ERROR";
  }
  return "ERROR";
}

using Fields = google::protobuf::Map<std::string, google::protobuf::Value>;

void SetText(Fields& fields, const char* key, absl::string_view text) {
  fields[key].set_string_value(std::string(text));
}

void SetField(Fields& fields, const LogField& field) {
  google::protobuf::Value& value = fields[std::string(field.key)];
  if (const auto* text = std::get_if<absl::string_view>(&field.value)) {
    value.set_string_value(std::string(*text));
  } else if (const auto* whole = std::get_if<int64_t>(&field.value)) {
    value.set_number_value(static_cast<double>(*whole));
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    value.set_number_value(*real);
  } else {
    value.set_bool_value(std::get<bool>(field.value));
  }
}

void WriteToStderr(absl::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

absl::StatusOr<Severity> ParseSeverity(absl::string_view name) {
  if (name == "debug") return Severity::kDebug;
  if (name == "info") return Severity::kInfo;
  if (name == "warning") return Severity::kWarning;
  if (name == "error") return Severity::kError;
  return absl::InvalidArgumentError(absl::StrCat("--log-level is '", name, "': give debug, info, warning or error"));
}

Logger::Logger(std::string service, Severity least, Sink sink)
    : service_(std::move(service)), least_(least), sink_(sink ? std::move(sink) : WriteToStderr) {}

void Logger::Write(Severity severity, absl::string_view message, std::initializer_list<LogField> fields) {
  Write(severity, message, "", "", fields);
}

void Logger::Write(Severity severity, absl::string_view message, absl::string_view rpc, absl::string_view trace_id,
                   std::initializer_list<LogField> fields) {
  if (!Enabled(severity)) return;
  const absl::Time now = absl::Now();
  const std::optional<int64_t> left_out = Admit(absl::StrCat(message, "|", rpc), now);
  if (!left_out.has_value()) return;

  google::protobuf::Struct line;
  Fields& values = *line.mutable_fields();
  for (const LogField& field : fields) SetField(values, field);
  SetText(values, "time", absl::FormatTime(absl::RFC3339_full, now, absl::UTCTimeZone()));
  SetText(values, "severity", NameOf(severity));
  SetText(values, "message", message);
  SetText(values, "service", service_);
  if (!rpc.empty()) SetText(values, "rpc", rpc);
  if (!trace_id.empty()) SetText(values, "trace_id", trace_id);
  if (*left_out > 0) SetField(values, {"repeated", *left_out});

  std::string json;
  if (!google::protobuf::util::MessageToJsonString(line, &json).ok()) {
    json = R"({"severity":"ERROR","message":"a log line could not be written as JSON: a field is not UTF-8"})";
  }
  json.push_back('\n');
  sink_(json);
}

std::optional<int64_t> Logger::Admit(const std::string& key, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (repetitions_.size() >= kMaxRemembered && !repetitions_.contains(key)) repetitions_.clear();
  Repetition& repetition = repetitions_[key];
  if (now - repetition.window_start >= kRepetitionWindow) {
    repetition.window_start = now;
    repetition.written = 0;
  }
  if (repetition.written >= kMaxRepetitions) {
    ++repetition.left_out;
    return std::nullopt;
  }
  ++repetition.written;
  return std::exchange(repetition.left_out, 0);
}

}  // namespace rapport::server
