// The loads that tests/benchmark/run puts on servers. See load.h.
#include <CLI/CLI.hpp>
#include <string>

#include "tests/benchmark/load.h"

int main(int argc, char** argv) {
  using namespace rapport::benchmark;
  CLI::App app{"Puts one load on a server that runs on this machine and prints its figures as JSON."};
  app.require_subcommand(1);
  std::string server;
  std::string prefix = "u";
  int port = 0;
  int in_flight = 1;
  int repeat = 20;
  double seconds = 1;
  int64_t from = 0;
  int64_t to = 0;
  int64_t count = 0;
  bool flag = false;
  bool least = false;

  const auto add = [&](const char* name, const char* help, std::initializer_list<const char*> options) {
    CLI::App* command = app.add_subcommand(name, help);
    for (const std::string option : options) {
      if (option == "server")
        command->add_option("--server", server, "HOST:PORT, or a libpq connection string")->required();
      if (option == "prefix") command->add_option("--prefix", prefix, "Of the rating ids");
      if (option == "port") command->add_option("--port", port)->required();
      if (option == "in-flight") command->add_option("--in-flight", in_flight)->check(CLI::Range(1, 1000));
      if (option == "repeat") command->add_option("--repeat", repeat)->check(CLI::Range(1, 10000));
      if (option == "seconds") command->add_option("--seconds", seconds)->check(CLI::Range(0.1, 60.0));
      if (option == "range") {
        command->add_option("--from", from)->required();
        command->add_option("--to", to)->required();
      }
      if (option == "count") command->add_option("--count", count)->required();
      if (option == "customers") command->add_flag("--customers", flag, "With customer-weighted figures");
      if (option == "setup") command->add_flag("--setup", flag, "Make the tables first");
      if (option == "least") command->add_flag("--least", least, "Only the least roll-ups");
    }
    return command;
  };
  const CLI::App* unary = add("unary", "RecordRating", {"server", "in-flight", "seconds", "prefix"});
  const CLI::App* ingest = add("ingest", "RecordRatings", {"server", "range", "count", "in-flight"});
  const CLI::App* query = add("query", "QueryRatings, the month by agent", {"server", "repeat", "customers"});
  const CLI::App* redis_set = add("redis-set", "Raw pipelined SET", {"port", "count"});
  const CLI::App* pg_ingest =
      add("pg-ingest", "PostgreSQL ingest", {"server", "range", "count", "in-flight", "setup", "least"});
  const CLI::App* pg_query = add("pg-query", "PostgreSQL queries", {"server", "repeat"});
  CLI11_PARSE(app, argc, argv);

  if (*unary) return RunUnary(server, in_flight, seconds, prefix);
  if (*ingest) return RunIngest(server, from, to, count, in_flight);
  if (*query) return RunQuery(server, repeat, flag);
  if (*redis_set) return RunRedisSet(port, count);
  if (*pg_ingest) return RunPostgresIngest(server, from, to, count, in_flight, flag, least);
  if (*pg_query) return RunPostgresQuery(server, repeat);
  return 2;
}
