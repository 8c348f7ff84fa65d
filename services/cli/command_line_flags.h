#ifndef RAPPORT_SERVICES_CLI_COMMAND_LINE_FLAGS_H_
#define RAPPORT_SERVICES_CLI_COMMAND_LINE_FLAGS_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/cli/export_file.h"
#include "services/cli/import_file.h"
#include "services/cli/period.h"
#include "services/cli/session.h"

// What the grammars of the command groups share. For their sources only: it takes in all of CLI11.

namespace rapport::cli {

// What the command line asked for: set by the group and the command that were named.
struct Parsed {
  std::function<absl::StatusOr<int>(Session&)> command;
  // Absent for commands that talk to no server.
  const ServiceAddress* service = nullptr;
};

// Adds a group of commands that talk to `service`, if to any.
CLI::App* AddGroup(CLI::App& parent, const std::string& name, const std::string& description,
                   const ServiceAddress* service, Parsed* parsed);

// Gives a command its examples. Flags of `rapport` itself may follow it.
void Teach(CLI::App* app, const std::string& examples);

// Adds a subcommand that runs `run` with the options that its flags fill. The options live as long as the parser.
template <class Options>
CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                     const std::string& examples, absl::StatusOr<int> (*run)(Session&, const Options&), Parsed* parsed,
                     Options** options) {
  CLI::App* app = parent.add_subcommand(name, description);
  Teach(app, examples);
  auto owned = std::make_shared<Options>();
  *options = owned.get();
  app->callback(
      [parsed, run, owned] { parsed->command = [run, owned](Session& session) { return run(session, *owned); }; });
  return app;
}

// A flag that can be repeated, one value each time.
CLI::Option* AddRepeatable(CLI::App* app, const std::string& name, std::vector<std::string>& values,
                           const std::string& description);

CLI::Option* AddDuration(CLI::App* app, const std::string& name, absl::Duration& duration,
                         const std::string& description);

void AddZone(CLI::App* app, std::string& zone, const std::string& use);

void AddPeriod(CLI::App* app, PeriodOptions& period, const std::string& default_text);

void AddExportFlags(CLI::App* app, ExportFileOptions* options);

// The flags that all imports share; `fields` lists what --map takes.
void AddImportFlags(CLI::App* app, ImportOptions* options, const std::string& fields);

void AddWindow(CLI::App* app, ImportOptions* options);

// The groups of commands.
void AddRatings(CLI::App& app, Parsed* parsed);
void AddConversations(CLI::App& app, Parsed* parsed);
void AddPromises(CLI::App& app, Parsed* parsed);
void AddCalendars(CLI::App& app, Parsed* parsed);
void AddPolicies(CLI::App& app, Parsed* parsed);
void AddIssues(CLI::App& app, Parsed* parsed);
void AddActivities(CLI::App& app, Parsed* parsed);
void AddChurn(CLI::App& app, Parsed* parsed);
// The part of the group `churn` that is about models.
void AddChurnModels(CLI::App& churn, Parsed* parsed);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_COMMAND_LINE_FLAGS_H_
