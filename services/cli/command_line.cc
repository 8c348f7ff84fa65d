#include "services/cli/command_line.h"

#include "absl/status/statusor.h"
#include "services/cli/command_line_flags.h"
#include "services/cli/token_command.h"

namespace rapport::cli {
namespace {

void AddGlobalFlags(CLI::App& app, Session& session, std::string& output) {
  ConnectionOptions& connection = session.connection;
  app.add_option("--server", connection.server,
                 "HOST:PORT of the service that the command talks to, or RAPPORT_RATINGS_SERVER, "
                 "RAPPORT_RESPONSE_TIMES_SERVER or RAPPORT_CHURN_SERVER for one service, or RAPPORT_SERVER for all; "
                 "127.0.0.1 with port 50051 for ratings, 50052 for response times and 50053 for churn when left out");
  app.add_option("--token", connection.token, "Token; other users can see it in the list of processes")
      ->envname("RAPPORT_TOKEN");
  app.add_option("--token-file", connection.token_file, "File that holds the token; goes before RAPPORT_TOKEN");
  app.add_flag("--tls", connection.tls, "Encrypt the connection; implied by the other --tls flags");
  app.add_option("--tls-ca", connection.tls_ca, "PEM file of the authorities to trust; the system's when left out");
  app.add_option("--tls-cert", connection.tls_cert, "PEM file of the client's certificate, for mutual TLS");
  app.add_option("--tls-key", connection.tls_key, "PEM file of its key");
  app.add_option("--tls-server-name", connection.tls_server_name, "Name that the server's certificate must have");
  app.add_option("--agent", connection.agent, "Act as this agent, on a server in development mode");
  app.add_option("--tenant", connection.tenant, "Act in this tenant, on a server in development mode");
  AddDuration(&app, "--timeout", connection.timeout, "Longest wait for one answer");
  app.add_option("--output", output, "table, or json: one object a line, fields named as in the protos")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  app.add_flag_callback(
      "--no-progress", [&session] { session.progress = false; }, "No progress line on a terminal");
}

void AddToken(CLI::App& parent, Parsed* parsed) {
  TokenOptions* options = nullptr;
  CLI::App* app = AddCommand(
      parent, "new", "Make a token and the credential for the server's credentials file",
      "  rapport token new --name=helpdesk --tenant=acme --roles=ingest\n"
      "  rapport token new --name=mona --tenant=acme --roles=agent --agent-id=mona --add-to=credentials.json\n"
      "Prints the token once: only its hash is stored. --add-to makes the file if need be, for its owner only.\n",
      &NewCredential, parsed, &options);
  app->add_option("--name", options->name, "What people call it, for logs")->required();
  app->add_option("--tenant", options->tenant, "The tenant whose data it reaches: a-z, 0-9 and -")->required();
  app->add_option("--roles", options->roles, "Of ingest, read, agent and admin, such as ingest,read")
      ->required()
      ->delimiter(',')
      ->allow_extra_args(false);
  app->add_option("--agent-id", options->agent_id, "Whose ratings the role agent covers");
  app->add_option("--lead-of", options->lead_of,
                  "Teams whose comments for leads it reads, such as billing,sales; * for all")
      ->delimiter(',')
      ->allow_extra_args(false);
  app->add_option("--add-to", options->add_to, "Credentials file to add it to");
}

void AddCommands(CLI::App& app, Parsed* parsed) {
  app.require_subcommand(1);
  app.footer(
      "\nExamples:\n"
      "  rapport ratings query --month=2026-10 --compare\n"
      "  rapport conversations query --last=4w --group-by=team --within=1h,6h,1d --histogram\n"
      "  rapport churn report --month=2026-10\n"
      "  rapport --server=ratings.acme.test:443 --tls --token-file=token ratings list --sentiment=NEGATIVE\n"
      "`rapport GROUP COMMAND --help` teaches each command with examples.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong command line, 3 some rows of an import were rejected.\n");
  AddRatings(app, parsed);
  AddConversations(app, parsed);
  AddPromises(app, parsed);
  AddCalendars(app, parsed);
  AddPolicies(app, parsed);
  AddIssues(app, parsed);
  AddActivities(app, parsed);
  AddChurn(app, parsed);
  AddToken(*AddGroup(app, "token", "Make credentials", nullptr, parsed), parsed);
}

int RunCommand(const Parsed& parsed, Session& session) {
  if (parsed.service != nullptr) session.connection.server = ServerOf(*parsed.service, session.connection.server);
  if (parsed.service != nullptr && ExposesToken(session.connection)) {
    session.environment.err << "rapport: warning: the token goes to " << session.connection.server
                            << " unencrypted; add --tls" << std::endl;
  }
  const absl::StatusOr<int> code = parsed.command(session);
  session.environment.out.flush();
  if (code.ok()) return *code;
  session.environment.err << "rapport: " << code.status().message() << std::endl;
  return kFailed;
}

}  // namespace

int Run(const std::vector<std::string>& arguments, Environment& environment) {
  Session session{environment, {}};
  std::string output = "table";
  Parsed parsed;
  CLI::App app("Rapport: how your customers are doing, in numbers that can be trusted.", "rapport");
  AddGlobalFlags(app, session, output);
  AddCommands(app, &parsed);
  try {
    // CLI11 takes them from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return app.exit(error, environment.out, environment.err) == 0 ? kDone : kUsage;
  }
  session.output = output == "json" ? Output::kJson : Output::kTable;
  return RunCommand(parsed, session);
}

}  // namespace rapport::cli
