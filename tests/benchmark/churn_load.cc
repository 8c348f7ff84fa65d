// The loads that tests/benchmark/run puts on the churn service. See churn_load.h.
#include "tests/benchmark/churn_load.h"

#include <CLI/CLI.hpp>
#include <string>

int main(int argc, char** argv) {
  using namespace rapport::benchmark;
  CLI::App app{"Puts one load on a server that runs on this machine and prints its figures as JSON."};
  app.require_subcommand(1);
  std::string server;
  int64_t from = 0;
  int64_t to = 0;
  int64_t customers = 1000;
  int in_flight = 2;
  int repeat = 1;
  double seconds = 1;
  bool reasons = false;

  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = app.add_subcommand(name, help);
    command->add_option("--server", server, "HOST:PORT")->required();
    return command;
  };
  const auto add_batches = [&](const char* name, const char* help) {
    CLI::App* command = add(name, help);
    command->add_option("--customers", customers)->check(CLI::Range(1, 10'000'000));
    command->add_option("--repeat", repeat)->check(CLI::Range(1, 10000));
    command->add_flag("--reasons", reasons, "With contributions");
    return command;
  };
  CLI::App* lives = add("lives", "IngestActivities");
  lives->add_option("--from", from)->required();
  lives->add_option("--to", to)->required();
  lives->add_option("--streams", in_flight)->check(CLI::Range(1, 100));
  const CLI::App* train = add("train", "TrainModel");
  CLI::App* score = add("score", "ScoreCustomer");
  score->add_option("--customers", customers)->check(CLI::Range(1, 10'000'000));
  score->add_option("--in-flight", in_flight)->check(CLI::Range(1, 1000));
  score->add_option("--seconds", seconds)->check(CLI::Range(0.01, 3600.0));
  const CLI::App* batch = add_batches("batch", "BatchScoreCustomers");
  const CLI::App* sweep = add("sweep", "SweepScores");
  const CLI::App* predict = add_batches("predict", "XGBoost in this process");
  CLI11_PARSE(app, argc, argv);

  if (*lives) return RunLives(server, from, to, in_flight);
  if (*train) return RunTraining(server);
  if (*score) return RunScores(server, customers, in_flight, seconds);
  if (*batch) return RunBatchScores(server, customers, repeat, reasons);
  if (*sweep) return RunSweep(server);
  if (*predict) return RunPredictions(server, customers, repeat, reasons);
  return 2;
}
