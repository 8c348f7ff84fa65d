// The loads that tests/benchmark/run puts on the response times service and on its peer. See response_times_load.h.
#include "tests/benchmark/response_times_load.h"

#include <CLI/CLI.hpp>
#include <map>
#include <string>

int main(int argc, char** argv) {
  using namespace rapport::benchmark;
  CLI::App app{"Puts one load on a server that runs on this machine and prints its figures as JSON."};
  app.require_subcommand(1);
  std::string server;
  std::string function = "add_events";
  DatasetOptions dataset;
  int in_flight = 2;
  int repeat = 1;

  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = app.add_subcommand(name, help);
    command->add_option("--server", server, "HOST:PORT, or a libpq connection string")->required();
    return command;
  };
  const auto add_ingest = [&](const char* name, const char* help) {
    CLI::App* command = add(name, help);
    const std::map<std::string, Shape> shapes = {{"whole", Shape::kWhole}, {"short", Shape::kShort}};
    command->add_option("--shape", dataset.shape, "Of conversations")->transform(CLI::CheckedTransformer(shapes));
    command->add_option("--from", dataset.from)->required();
    command->add_option("--to", dataset.to)->required();
    command->add_option("--agents", dataset.agents)->check(CLI::Range(1, 10000));
    command->add_option("--in-flight", in_flight, "Streams or connections")->check(CLI::Range(1, 100));
    return command;
  };
  const auto add_query = [&](const char* name, const char* help) {
    CLI::App* command = add(name, help);
    command->add_option("--repeat", repeat)->check(CLI::Range(1, 10000));
    return command;
  };
  const CLI::App* ingest = add_ingest("ingest", "IngestEvents");
  const CLI::App* query = add_query("query", "QueryResponseTimes");
  const CLI::App* totals = add("totals", "QueryResponseTimes, all metrics");
  CLI::App* pg_ingest = add_ingest("pg-ingest", "PostgreSQL ingest");
  pg_ingest->add_option("--function", function, "Of response_times.sql");
  const CLI::App* pg_query = add_query("pg-query", "PostgreSQL queries");
  CLI11_PARSE(app, argc, argv);

  if (*ingest) return RunEventIngest(server, dataset, in_flight);
  if (*query) return RunTimesQuery(server, repeat);
  if (*totals) return RunTimesTotals(server);
  if (*pg_ingest) return RunPostgresEventIngest(server, dataset, in_flight, function);
  if (*pg_query) return RunPostgresTimesQuery(server, repeat);
  return 2;
}
