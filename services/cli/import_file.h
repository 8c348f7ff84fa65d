#ifndef RAPPORT_SERVICES_CLI_IMPORT_FILE_H_
#define RAPPORT_SERVICES_CLI_IMPORT_FILE_H_

#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/csv/reader.h"
#include "services/cli/column_mapping.h"
#include "services/cli/event_sender.h"
#include "services/cli/import_report.h"
#include "services/cli/progress.h"
#include "services/cli/row_conversion.h"
#include "services/cli/row_reader.h"
#include "services/cli/session.h"

namespace rapport::cli {

// The flags of every import.
struct ImportOptions {
  // `-` reads standard input.
  std::string file;
  // csv or jsonl.
  std::string format = "csv";
  std::string delimiter = ",";
  std::vector<std::string> map;
  std::vector<std::string> set;
  std::vector<std::string> channels;
  std::string time_format;
  std::string time_zone = "UTC";
  std::string rejects;
  size_t batch_size = 1000;
  size_t window = 8;
  int tries = 7;
  absl::Duration retry_delay = absl::Milliseconds(250);
};

// The words of a flag such as --channels.
absl::StatusOr<Words> ReadWords(absl::string_view flag, const std::vector<std::string>& values);

// The rules that --time-format, --time-zone and --channels make.
absl::Status SetRules(const ImportOptions& options, ConversionRules* rules);

// The file to be imported, or standard input.
class ImportInput {
 public:
  static absl::StatusOr<ImportInput> Open(Environment& environment, const std::string& path);

  std::istream& stream() { return *stream_; }
  // 0 when it is not known.
  int64_t size() const { return size_; }

 private:
  std::unique_ptr<std::ifstream> file_;
  std::istream* stream_ = nullptr;
  int64_t size_ = 0;
};

// The rows of `in`, by --format. `more_columns` are mapped by flags of their own.
absl::StatusOr<std::unique_ptr<RowReader>> MakeRowReader(const ImportOptions& options, const Pairs& more_columns,
                                                         std::istream& in);

// The file that takes the rows refused, each with its line and the reason in front.
class Rejects {
 public:
  // Without --rejects there is no such file.
  absl::Status Open(const ImportOptions& options, const std::vector<std::string>& header);
  bool is_open() const { return file_.is_open(); }
  void Add(const SourceRow& row, absl::string_view reason);
  absl::Status Close();

 private:
  std::string path_;
  std::ofstream file_;
};

// What there is to know of a kind of row. `convert` is called for one row after the other.
template <class Event>
struct RowKind {
  absl::Span<const FieldName> fields;
  // Fields mapped by flags of their own, beside --map.
  Pairs more_columns;
  std::function<absl::StatusOr<RowEvents<Event>>(const std::vector<FieldSource>& sources,
                                                 const std::vector<std::string>& row)>
      convert;
  ReportWords words;
};

// One run over one file.
template <class Event>
class ImportRun {
 public:
  ImportRun(const ImportOptions& options, const RowKind<Event>& kind)
      : options_(options), kind_(kind), most_implied_(kind.words.implied.empty() ? 0 : 1), report_(kind.words) {}

  // Reads the header.
  absl::Status Begin(RowReader& reader) {
    absl::StatusOr<Pairs> columns = ParsePairs("--map", options_.map);
    if (!columns.ok()) return columns.status();
    columns->insert(columns->end(), kind_.more_columns.begin(), kind_.more_columns.end());
    const absl::StatusOr<Pairs> constants = ParsePairs("--set", options_.set);
    if (!constants.ok()) return constants.status();
    const absl::StatusOr<std::optional<csv::Row>> header = reader.Next();
    if (!header.ok()) return header.status();
    if (!header->has_value())
      return absl::InvalidArgumentError("the file is empty; its first line must name the columns");
    if (!(*header)->error.empty()) return absl::InvalidArgumentError(absl::StrCat("the header: ", (*header)->error));
    column_count_ = (*header)->fields.size();
    absl::StatusOr<std::vector<FieldSource>> sources =
        ResolveMapping(*columns, *constants, kind_.fields, (*header)->fields);
    if (!sources.ok()) return sources.status();
    sources_ = *std::move(sources);
    return rejects_.Open(options_, (*header)->fields);
  }

  absl::Status Run(RowReader& reader, EventSender<Event>& sender, Progress& progress) {
    while (true) {
      absl::StatusOr<std::optional<csv::Row>> row = reader.Next();
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
      if (batch_.events.size() + most_implied_ < options_.batch_size && batch_bytes_ < kMaxBatchBytes) continue;
      if (absl::Status status = SendBatch(sender); !status.ok()) return status;
    }
    if (absl::Status status = SendBatch(sender); !status.ok()) return status;
    return sender.Finish();
  }

  void Settle(const SourceRow& row, const common::v1::ItemStatus& status, absl::string_view outcome) {
    if (status.code() != 0) {
      Reject(row, status.message());
    } else if (row.implied) {
      report_.CountImplied();
    } else {
      report_.CountOutcome(outcome);
    }
  }

  absl::Status End() { return rejects_.Close(); }

  const ImportReport& report() const { return report_; }

 private:
  // Well below the size of message that servers accept, however long the texts.
  static constexpr size_t kMaxBatchBytes = size_t{1} << 20;

  void Reject(const SourceRow& row, absl::string_view reason) {
    report_.CountRejected(row.line, reason);
    rejects_.Add(row, reason);
  }

  void Take(csv::Row row) {
    absl::StatusOr<RowEvents<Event>> events = Convert(row);
    SourceRow source;
    source.line = row.line;
    if (rejects_.is_open()) source.fields = std::move(row.fields);
    if (!events.ok()) {
      Reject(source, events.status().message());
      return;
    }
    if (events->implied.has_value()) {
      SourceRow implied = source;
      implied.implied = true;
      Add(*std::move(events->implied), std::move(implied));
    }
    if (events->event.has_value()) {
      Add(*std::move(events->event), std::move(source));
    } else {
      report_.CountSkipped();
    }
  }

  void Add(Event event, SourceRow source) {
    batch_bytes_ += event.ByteSizeLong();
    batch_.events.push_back(std::move(event));
    batch_.rows.push_back(std::move(source));
  }

  absl::StatusOr<RowEvents<Event>> Convert(const csv::Row& row) const {
    if (!row.error.empty()) return absl::InvalidArgumentError(row.error);
    if (row.fields.size() != column_count_) {
      return absl::InvalidArgumentError(
          absl::StrCat("the row has ", row.fields.size(), " columns, the header ", column_count_));
    }
    return kind_.convert(sources_, row.fields);
  }

  absl::Status SendBatch(EventSender<Event>& sender) {
    batch_bytes_ = 0;
    Batch<Event> batch = std::exchange(batch_, {});
    return batch.events.empty() ? absl::OkStatus() : sender.Send(std::move(batch));
  }

  const ImportOptions& options_;
  const RowKind<Event>& kind_;
  // How many events a row can bring beside its own.
  const size_t most_implied_;
  std::vector<FieldSource> sources_;
  size_t column_count_ = 0;
  Rejects rejects_;
  ImportReport report_;
  Batch<Event> batch_;
  size_t batch_bytes_ = 0;
};

// Imports a file of rows of `kind` with the sender that `make_sender` makes of a RetryPolicy and an OnResult. Returns
// kDone, or kSomeRejected when some rows were refused. The report is printed also when the import stops early with an
// error.
template <class Event, class MakeSender>
absl::StatusOr<int> ImportFile(Session& session, const ImportOptions& options, const RowKind<Event>& kind,
                               const MakeSender& make_sender) {
  absl::StatusOr<ImportInput> input = ImportInput::Open(session.environment, options.file);
  if (!input.ok()) return input.status();
  const absl::StatusOr<std::unique_ptr<RowReader>> reader = MakeRowReader(options, kind.more_columns, input->stream());
  if (!reader.ok()) return reader.status();
  ImportRun<Event> run(options, kind);
  if (absl::Status status = run.Begin(**reader); !status.ok()) return status;

  Progress progress(session.environment.err, session.progress && session.environment.err_is_terminal, input->size());
  RetryPolicy retry;
  retry.tries = options.tries;
  retry.delay = options.retry_delay;
  retry.on_wait = [&](absl::string_view reason, absl::Duration delay) {
    progress.Note(absl::StrCat(reason, "; trying again in ", absl::FormatDuration(delay)));
  };
  const auto on_result = [&](const SourceRow& row, const common::v1::ItemStatus& status, absl::string_view outcome) {
    run.Settle(row, status, outcome);
  };
  const std::unique_ptr<EventSender<Event>> sender = make_sender(std::move(retry), on_result);
  absl::Status status = run.Run(**reader, *sender, progress);
  status.Update(run.End());
  progress.Clear();
  session.environment.out << (session.json() ? run.report().ToJson() + "\n" : run.report().ToText());
  if (!status.ok()) return status;
  return run.report().rejected() > 0 ? kSomeRejected : kDone;
}

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_IMPORT_FILE_H_
