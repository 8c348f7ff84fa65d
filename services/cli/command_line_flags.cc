#include "services/cli/command_line_flags.h"

namespace rapport::cli {

CLI::App* AddGroup(CLI::App& parent, const std::string& name, const std::string& description,
                   const ServiceAddress* service, Parsed* parsed) {
  CLI::App* group = parent.add_subcommand(name, description);
  group->require_subcommand(1);
  group->fallthrough();
  group->footer("\n`rapport " + name + " COMMAND --help` teaches each with examples.\n");
  group->callback([service, parsed] { parsed->service = service; });
  return group;
}

void Teach(CLI::App* app, const std::string& examples) {
  app->footer("\nExamples:\n" + examples);
  app->fallthrough();
}

CLI::Option* AddRepeatable(CLI::App* app, const std::string& name, std::vector<std::string>& values,
                           const std::string& description) {
  return app->add_option(name, values, description + " (repeatable)")->allow_extra_args(false);
}

CLI::Option* AddDuration(CLI::App* app, const std::string& name, absl::Duration& duration,
                         const std::string& description) {
  const auto parse = [&duration, name](const std::string& text) {
    if (absl::ParseDuration(text, &duration) && duration > absl::ZeroDuration()) return;
    throw CLI::ValidationError(name, "'" + text + "' is not a time such as 500ms, 30s or 5m");
  };
  return app->add_option_function<std::string>(name, parse, description)
      ->type_name("DURATION")
      ->default_str(absl::FormatDuration(duration));
}

void AddZone(CLI::App* app, std::string& zone, const std::string& use) {
  app->add_option("--time-zone", zone, "IANA name of the zone " + use)->capture_default_str();
}

void AddPeriod(CLI::App* app, PeriodOptions& period, const std::string& default_text) {
  app->add_option("--from", period.from, "First moment: a date or RFC 3339 time");
  app->add_option("--to", period.to, "First moment after the period; now when left out");
  app->add_option("--last", period.last, "12h, 30d or 4w, this hour or today included (" + default_text + ")");
  app->add_option("--month", period.month, "A calendar month, such as 2026-10");
  AddZone(app, period.time_zone, "that dates, months and printed times are in");
}

void AddExportFlags(CLI::App* app, ExportFileOptions* options) {
  app->add_option("--output-file", options->output_file, "Appears when it is complete; standard output when left out");
  app->add_option("--format", options->format, "csv or jsonl")
      ->check(CLI::IsMember({"csv", "jsonl"}))
      ->capture_default_str();
  AddDuration(app, "--retry-delay", options->retry_delay, "First wait for a server that is away; doubles each time");
}

void AddImportFlags(CLI::App* app, ImportOptions* options, const std::string& fields) {
  app->add_option("FILE", options->file, "CSV file with a header, or JSON lines; - reads standard input")->required();
  AddRepeatable(app, "--map", options->map, "FIELD=COLUMN,...: " + fields + "; \"FIELD=A, B\" if a name has a comma")
      ->required();
  AddRepeatable(app, "--set", options->set, "FIELD=VALUE,...: the same value for every row");
  AddRepeatable(app, "--channels", options->channels, "THEIRS=OURS,...: the file's words for channels");
  app->add_option("--time-format", options->time_format,
                  "As of absl::ParseTime, such as '%d-%m-%Y %H:%M', or unix or unix_ms; RFC 3339 and "
                  "'2026-10-31 14:05:00' when left out");
  AddZone(app, options->time_zone,
          "of times without an offset. A time that clocks repeat is the first of the two; one that they skip is read "
          "with the offset before the change");
  app->add_option("--format", options->format, "csv, or jsonl: a JSON object a line, its keys the columns")
      ->check(CLI::IsMember({"csv", "jsonl"}))
      ->capture_default_str();
  app->add_option("--delimiter", options->delimiter, "What stands between columns")->capture_default_str();
  app->add_option("--rejects", options->rejects, "File to write rejected rows to, with their line and the reason");
  app->add_option("--batch-size", options->batch_size, "Rows sent together")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app->add_option("--tries", options->tries, "Tries without progress before giving up on a server that is away")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  AddDuration(app, "--retry-delay", options->retry_delay, "First wait for a server that is away; doubles each time");
}

void AddWindow(CLI::App* app, ImportOptions* options) {
  app->add_option("--window", options->window, "Batches under way at the same time")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

}  // namespace rapport::cli
