#include "services/cli/import.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/cli/column_mapping.h"
#include "services/cli/csv_reader.h"
#include "services/cli/enum_names.h"
#include "services/cli/files.h"
#include "services/cli/import_report.h"
#include "services/cli/progress.h"
#include "services/cli/rating_sender.h"
#include "services/cli/row_conversion.h"
#include "services/cli/survey_sender.h"

namespace rapport::cli {
namespace {

using ratings::v1::ItemResult;
using ratings::v1::Rating;
using ratings::v1::Scale;
using ratings::v1::Survey;

// Well below the size of message that servers accept, however long the comments.
constexpr size_t kMaxBatchBytes = size_t{1} << 20;

template <class Event>
using Convert = absl::StatusOr<Converted> (*)(const ConversionRules&, const std::vector<FieldSource>&,
                                              const std::vector<std::string>&, Event*);

absl::StatusOr<std::map<std::string, std::string>> ReadValueMap(absl::string_view flag,
                                                                const std::vector<std::string>& values) {
  const absl::StatusOr<Pairs> pairs = ParsePairs(flag, values, Divide::kAtLast);
  if (!pairs.ok()) return pairs.status();
  return ValueMap(*pairs);
}

absl::StatusOr<ConversionRules> MakeRules(const ImportOptions& options) {
  ConversionRules rules;
  const absl::StatusOr<Scale> scale = ParseShortName<Scale>("--scale", options.scale);
  if (!scale.ok()) return scale.status();
  rules.scale = *scale;
  if (!options.comment_visibility.empty()) {
    const auto visibility =
        ParseShortName<ratings::v1::CommentVisibility>("--comment-visibility", options.comment_visibility);
    if (!visibility.ok()) return visibility.status();
    rules.comment_visibility = *visibility;
  }
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  rules.time_parser = TimeParser(options.time_format, *zone);
  struct {
    absl::string_view flag;
    const std::vector<std::string>& values;
    std::map<std::string, std::string>& map;
  } const maps[] = {{"--scores", options.scores, rules.scores},
                    {"--channels", options.channels, rules.channels},
                    {"--statuses", options.statuses, rules.statuses}};
  for (const auto& [flag, values, map] : maps) {
    absl::StatusOr<std::map<std::string, std::string>> read = ReadValueMap(flag, values);
    if (!read.ok()) return read.status();
    map = *std::move(read);
  }
  return rules;
}

// The file to be imported, or standard input.
class Input {
 public:
  static absl::StatusOr<Input> Open(Environment& environment, const std::string& path) {
    Input input;
    if (path == "-") {
      input.stream_ = &environment.in;
      return input;
    }
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
      return absl::InvalidArgumentError(absl::StrCat(path, " is a folder; name a CSV file"));
    }
    errno = 0;
    input.file_ = std::make_unique<std::ifstream>(path, std::ios::binary);
    if (!*input.file_) return FileError(path);
    input.stream_ = input.file_.get();
    const auto size = std::filesystem::file_size(path, error);
    if (!error) input.size_ = static_cast<int64_t>(size);
    return input;
  }

  std::istream& stream() { return *stream_; }
  // 0 when it is not known.
  int64_t size() const { return size_; }

 private:
  std::unique_ptr<std::ifstream> file_;
  std::istream* stream_ = nullptr;
  int64_t size_ = 0;
};

// The file that takes the rows refused, each with its line and the reason in front.
class Rejects {
 public:
  absl::Status Open(const ImportOptions& options, const std::vector<std::string>& header) {
    std::error_code error;
    if (std::filesystem::equivalent(options.rejects, options.file, error)) {
      return absl::InvalidArgumentError("--rejects names the file that is imported; name another");
    }
    errno = 0;
    file_.open(options.rejects, std::ios::binary | std::ios::trunc);
    if (!file_) return FileError(options.rejects);
    std::vector<std::string> titles = {"reject_line", "reject_reason"};
    titles.insert(titles.end(), header.begin(), header.end());
    file_ << CsvLine(titles);
    return absl::OkStatus();
  }

  bool is_open() const { return file_.is_open(); }

  void Add(const SourceRow& row, absl::string_view reason) {
    if (!is_open()) return;
    std::vector<std::string> fields = {absl::StrCat(row.line), std::string(reason)};
    fields.insert(fields.end(), row.fields.begin(), row.fields.end());
    file_ << CsvLine(fields);
  }

  absl::Status Close(const std::string& path) {
    if (!is_open()) return absl::OkStatus();
    errno = 0;
    file_.close();
    return file_ ? absl::OkStatus() : FileError(path);
  }

 private:
  std::ofstream file_;
};

// One run over one file.
template <class Event>
class Import {
 public:
  Import(const ImportOptions& options, const ConversionRules& rules, Convert<Event> convert)
      : options_(options), rules_(rules), convert_(convert) {}

  absl::Status Begin(CsvReader& reader, absl::Span<const FieldName> fields) {
    const absl::StatusOr<Pairs> columns = ParsePairs("--map", options_.map);
    if (!columns.ok()) return columns.status();
    const absl::StatusOr<Pairs> constants = ParsePairs("--set", options_.set);
    if (!constants.ok()) return constants.status();
    const absl::StatusOr<std::optional<CsvRow>> header = reader.Next();
    if (!header.ok()) return header.status();
    if (!header->has_value())
      return absl::InvalidArgumentError("the file is empty; its first line must name the columns");
    if (!(*header)->error.empty()) return absl::InvalidArgumentError(absl::StrCat("the header: ", (*header)->error));
    column_count_ = (*header)->fields.size();
    absl::StatusOr<std::vector<FieldSource>> sources = ResolveMapping(*columns, *constants, fields, (*header)->fields);
    if (!sources.ok()) return sources.status();
    sources_ = *std::move(sources);
    return options_.rejects.empty() ? absl::OkStatus() : rejects_.Open(options_, (*header)->fields);
  }

  absl::Status Run(CsvReader& reader, EventSender<Event>& sender, Progress& progress) {
    while (true) {
      absl::StatusOr<std::optional<CsvRow>> row = reader.Next();
      if (!row.ok()) {
        // What stands before the fault counts all the same.
        absl::Status sent = SendBatch(sender);
        sent.Update(sender.Finish());
        return sent.ok() ? row.status() : sent;
      }
      if (!row->has_value()) break;
      report_.CountRead();
      Take(**std::move(row));
      progress.Update(report_.read(), reader.bytes_read());
      if (batch_.events.size() < options_.batch_size && batch_bytes_ < kMaxBatchBytes) continue;
      if (absl::Status status = SendBatch(sender); !status.ok()) return status;
    }
    if (absl::Status status = SendBatch(sender); !status.ok()) return status;
    return sender.Finish();
  }

  void Settle(const SourceRow& row, const ItemResult& result) {
    if (result.status().code() == 0) {
      report_.CountOutcome(result.outcome());
    } else {
      Reject(row, result.status().message());
    }
  }

  absl::Status End() { return rejects_.Close(options_.rejects); }

  const ImportReport& report() const { return report_; }

 private:
  void Reject(const SourceRow& row, absl::string_view reason) {
    report_.CountRejected(row.line, reason);
    rejects_.Add(row, reason);
  }

  void Take(CsvRow row) {
    Event event;
    const absl::StatusOr<Converted> converted = ConvertRow(row, &event);
    SourceRow source;
    source.line = row.line;
    if (rejects_.is_open()) source.fields = std::move(row.fields);
    if (!converted.ok()) {
      Reject(source, converted.status().message());
    } else if (*converted == Converted::kNotRated) {
      report_.CountNotRated();
    } else {
      batch_bytes_ += event.ByteSizeLong();
      batch_.events.push_back(std::move(event));
      batch_.rows.push_back(std::move(source));
    }
  }

  absl::StatusOr<Converted> ConvertRow(const CsvRow& row, Event* event) const {
    if (!row.error.empty()) return absl::InvalidArgumentError(row.error);
    if (row.fields.size() != column_count_) {
      return absl::InvalidArgumentError(
          absl::StrCat("the row has ", row.fields.size(), " columns, the header ", column_count_));
    }
    return convert_(rules_, sources_, row.fields, event);
  }

  absl::Status SendBatch(EventSender<Event>& sender) {
    batch_bytes_ = 0;
    Batch<Event> batch = std::exchange(batch_, {});
    return batch.events.empty() ? absl::OkStatus() : sender.Send(std::move(batch));
  }

  const ImportOptions& options_;
  const ConversionRules& rules_;
  const Convert<Event> convert_;
  std::vector<FieldSource> sources_;
  size_t column_count_ = 0;
  Rejects rejects_;
  ImportReport report_;
  Batch<Event> batch_;
  size_t batch_bytes_ = 0;
};

template <class Event, class MakeSender>
absl::StatusOr<int> ImportFile(Session& session, const ImportOptions& options, absl::Span<const FieldName> fields,
                               Convert<Event> convert, const MakeSender& make_sender) {
  const absl::StatusOr<ConversionRules> rules = MakeRules(options);
  if (!rules.ok()) return rules.status();
  if (options.delimiter.size() != 1) return absl::InvalidArgumentError("--delimiter must be one character");
  absl::StatusOr<Input> input = Input::Open(session.environment, options.file);
  if (!input.ok()) return input.status();
  CsvReader reader(input->stream(), options.delimiter.front());
  Import<Event> import(options, *rules, convert);
  if (absl::Status status = import.Begin(reader, fields); !status.ok()) return status;

  Progress progress(session.environment.err, session.progress && session.environment.err_is_terminal, input->size());
  RetryPolicy retry;
  retry.tries = options.tries;
  retry.delay = options.retry_delay;
  retry.on_wait = [&](absl::string_view reason, absl::Duration delay) {
    progress.Note(absl::StrCat(reason, "; trying again in ", absl::FormatDuration(delay)));
  };
  const auto on_result = [&](const SourceRow& row, const ItemResult& result) { import.Settle(row, result); };
  const std::unique_ptr<EventSender<Event>> sender = make_sender(std::move(retry), on_result);
  absl::Status status = import.Run(reader, *sender, progress);
  status.Update(import.End());
  progress.Clear();
  session.environment.out << (session.json() ? import.report().ToJson() + "\n" : import.report().ToText());
  if (!status.ok()) return status;
  return import.report().rejected() > 0 ? kSomeRejected : kDone;
}

}  // namespace

absl::StatusOr<int> ImportRatings(Session& session, const ImportOptions& options) {
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  return ImportFile<Rating>(session, options, kRatingFields, &ToRating, [&](RetryPolicy retry, OnResult on_result) {
    return MakeRatingSender(*connection, std::move(retry), options.window, std::move(on_result));
  });
}

absl::StatusOr<int> ImportSurveys(Session& session, const ImportOptions& options) {
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  return ImportFile<Survey>(session, options, kSurveyFields, &ToSurvey, [&](RetryPolicy retry, OnResult on_result) {
    return MakeSurveySender(*connection, std::move(retry), std::move(on_result));
  });
}

}  // namespace rapport::cli
