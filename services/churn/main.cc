#include <unistd.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/metrics/registry.h"
#include "common/server/flag_group.h"
#include "common/server/flags.h"
#include "common/server/log.h"
#include "common/server/server.h"
#include "common/service/service_store.h"
#include "common/service/tenants.h"
#include "common/service/write_metrics.h"
#include "common/write/write_path.h"
#include "services/churn/service/active_models.h"
#include "services/churn/service/churn_metrics.h"
#include "services/churn/service/churn_service.h"
#include "services/churn/service/directory.h"
#include "services/churn/service/feature_reader.h"
#include "services/churn/service/figure_gauges.h"
#include "services/churn/service/health_rules_store.h"
#include "services/churn/service/model_store.h"
#include "services/churn/service/outcome_source.h"
#include "services/churn/service/peers.h"
#include "services/churn/service/reader.h"
#include "services/churn/service/recorder.h"
#include "services/churn/service/score_gauges.h"
#include "services/churn/service/scoring.h"
#include "services/churn/service/sweep.h"
#include "services/churn/service/sweep_loop.h"
#include "services/churn/service/trainings.h"

namespace rapport::churn {
namespace {

struct Config {
  Config() {
    peers.ratings_server = "127.0.0.1:50051";
    peers.response_times_server = "127.0.0.1:50052";
  }

  server::ServerConfig server;
  PeerOptions peers;
  Sweep::Options sweep;
  ChurnOptions churn;
};

void AddChurnFlags(CLI::App& app, Config& config) {
  server::FlagGroup(app, "Other services")
      .Add("--ratings-server", config.peers.ratings_server,
           "HOST:PORT of the ratings service; dns:///NAME:PORT spreads over replicas; none: do without")
      .Add("--response-times-server", config.peers.response_times_server, "The same of the response times service")
      .Add("--peer-tokens", config.peers.tokens,
           "JSON file with the token to call them with for each tenant, as {\"acme\": \"...\"}; reloaded on change")
      .Add("--peer-ca", config.peers.ca, "PEM file of who signed their certificates; without it no TLS")
      .Add("--peer-cert", config.peers.cert, "PEM file with our certificate for them (mTLS)")
      .Add("--peer-key", config.peers.key, "PEM file with its private key")
      .Add("--peer-timeout", config.peers.timeout, "Time for one attempt to ask them")
      .Add("--peer-fresh-for", config.peers.fresh_for, "How long an answer is used before they are asked again")
      .Add("--peer-kept-for", config.peers.kept_for, "How long an answer stands in, marked stale, for one that fails");
  server::FlagGroup(app, "Scores")
      .Add("--sweep-interval", config.sweep.interval,
           "How often all customers are scored, once whatever the number of replicas; inf: only when told to");
}

std::string OwnName() {
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  return absl::StrCat(host, ":", getpid(), ":", absl::ToUnixNanos(absl::Now()));
}

PeerOptions PeersOf(PeerOptions options, server::Logger& log) {
  for (std::string* const server : {&options.ratings_server, &options.response_times_server}) {
    if (*server == "none") server->clear();
  }
  options.warn = [&log](absl::string_view message) { log.Warning(message); };
  return options;
}

absl::Status Run(const Config& config) {
  metrics::Registry registry;
  auto server = server::Server::Create(config.server, "churn", registry);
  if (!server.ok()) return server.status();
  auto opened = service::OpenServiceStore(config.server, "churn", registry, **server);
  if (!opened.ok()) return opened.status();
  store::Store& store = **opened;

  service::WriteMetrics write_metrics(registry);
  write::WritePath path(store, service::WriteOptionsOf(config.server), &write_metrics);
  (*server)->rpc().AskForRoom(
      [&path](absl::string_view tenant, int64_t events) { return path.CheckRoom(tenant, events); });
  const metrics::CollectHook queue_metrics = write_metrics.ShowQueue(path);
  ChurnMetrics churn_metrics(registry);
  for (const std::string& tenant : (*server)->tenants()) churn_metrics.Meet(tenant);
  service::Tenants tenants(store);
  Reader reader(store);
  Recorder recorder(path, tenants, store, churn_metrics, absl::Now);
  Directory directory(reader);
  server::Logger& log = (*server)->log();
  const auto peers = Peers::Create(PeersOf(config.peers, log), reader, churn_metrics);
  if (!peers.ok()) return peers.status();
  FeatureReader features(reader, **peers);

  HealthRulesStore health_rules(store, absl::Now);
  ModelStore models(store, absl::Now);
  ActiveModels active_models(models);
  Scoring scoring(features, active_models, health_rules, churn_metrics);
  Sweep sweep(config.sweep, reader, directory, features, scoring, active_models, models, path, churn_metrics);
  SweepLoop sweep_loop(sweep, tenants, [&log](absl::string_view tenant, const absl::Status& status) {
    log.Warning("a sweep is tried again", {{"tenant", tenant}, {"error", status.message()}});
  });
  TrainingStore training_store(store, absl::Now);
  Trainings trainings({.runner = config.sweep.runner}, training_store, models,
                      MakeOutcomeSource(reader, directory, features), tenants, churn_metrics);

  ChurnService service(
      (*server)->rpc(),
      {recorder, reader, directory, features, scoring, sweep, health_rules, models, active_models, trainings},
      config.churn);
  FigureGauges figures(directory, reader, tenants, churn_metrics);
  ScoreGauges scores(tenants, sweep, models, churn_metrics);
  const metrics::CollectHook gauges = registry.OnCollect([&figures, &scores] {
    figures.Refresh();
    scores.Refresh();
  });

  (*server)->AddService(&service, v1::ChurnService::service_full_name());
  (*server)->AddReadinessCheck("store", [&store] { return store.Ping(); });
  (*server)->OnDrained([&] {
    sweep_loop.Stop();
    trainings.Stop();
    path.Close();
  });
  absl::Status started = (*server)->Start();
  if (!started.ok()) return started;
  sweep_loop.Start();
  trainings.Start();
  (*server)->WaitUntilShutdown();
  return absl::OkStatus();
}

}  // namespace
}  // namespace rapport::churn

int main(int argc, char** argv) {
  using namespace rapport::churn;
  Config config;
  const rapport::server::Program program{
      .name = "rapport-churn",
      .description =
          "Takes what customers do exactly once, and answers who is about to leave and why, how many did, and what "
          "those without contract are expected to buy.",
      .next_step = "Import a first file: rapport activities import --help",
      .port = 50053,
      .metrics_port = 9466,
  };
  const std::optional<int> exit_code = rapport::server::ParseServerFlags(
      argc, argv, program, config.server, [&](CLI::App& app) { AddChurnFlags(app, config); });
  if (exit_code) return *exit_code;
  config.sweep.runner = OwnName();
  const absl::Status status = Run(config);
  if (status.ok()) return 0;
  std::cerr << program.name << ": " << status.message() << "\n";
  return 1;
}
