#include "services/cli/import_file.h"

#include <cerrno>
#include <filesystem>

#include "absl/algorithm/container.h"
#include "services/cli/files.h"

namespace rapport::cli {

absl::StatusOr<Words> ReadWords(absl::string_view flag, const std::vector<std::string>& values) {
  const absl::StatusOr<Pairs> pairs = ParsePairs(flag, values, Divide::kAtLast);
  if (!pairs.ok()) return pairs.status();
  return ValueMap(*pairs);
}

absl::Status SetRules(const ImportOptions& options, ConversionRules* rules) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  rules->time_parser = TimeParser(options.time_format, *zone);
  absl::StatusOr<Words> channels = ReadWords("--channels", options.channels);
  if (!channels.ok()) return channels.status();
  rules->channels = *std::move(channels);
  return absl::OkStatus();
}

absl::StatusOr<ImportInput> ImportInput::Open(Environment& environment, const std::string& path) {
  ImportInput input;
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

absl::StatusOr<std::unique_ptr<RowReader>> MakeRowReader(const ImportOptions& options, const Pairs& more_columns,
                                                         std::istream& in) {
  if (options.format != "jsonl") {
    if (options.delimiter.size() != 1) return absl::InvalidArgumentError("--delimiter must be one character");
    return MakeCsvRows(in, options.delimiter.front());
  }
  absl::StatusOr<Pairs> columns = ParsePairs("--map", options.map);
  if (!columns.ok()) return columns.status();
  columns->insert(columns->end(), more_columns.begin(), more_columns.end());
  std::vector<std::string> names;
  for (const auto& [field, column] : *columns) {
    for (std::string& name : JoinedColumns(column, {})) {
      if (!absl::c_linear_search(names, name)) names.push_back(std::move(name));
    }
  }
  return MakeJsonRows(in, std::move(names));
}

absl::Status Rejects::Open(const ImportOptions& options, const std::vector<std::string>& header) {
  if (options.rejects.empty()) return absl::OkStatus();
  path_ = options.rejects;
  std::error_code error;
  if (std::filesystem::equivalent(path_, options.file, error)) {
    return absl::InvalidArgumentError("--rejects names the file that is imported; name another");
  }
  errno = 0;
  file_.open(path_, std::ios::binary | std::ios::trunc);
  if (!file_) return FileError(path_);
  std::vector<std::string> titles = {"reject_line", "reject_reason"};
  titles.insert(titles.end(), header.begin(), header.end());
  file_ << csv::Line(titles);
  return absl::OkStatus();
}

void Rejects::Add(const SourceRow& row, absl::string_view reason) {
  if (!is_open()) return;
  std::vector<std::string> fields = {absl::StrCat(row.line), std::string(reason)};
  fields.insert(fields.end(), row.fields.begin(), row.fields.end());
  file_ << csv::Line(fields);
}

absl::Status Rejects::Close() {
  if (!is_open()) return absl::OkStatus();
  errno = 0;
  file_.close();
  return file_ ? absl::OkStatus() : FileError(path_);
}

}  // namespace rapport::cli
