#include "services/cli/churn_scores.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "services/cli/choices.h"
#include "services/cli/churn_call.h"
#include "services/cli/files.h"
#include "services/cli/follow_stream.h"
#include "services/cli/json.h"
#include "services/cli/pages.h"
#include "services/cli/resource_text.h"
#include "services/cli/score_file.h"
#include "services/cli/score_output.h"
#include "services/cli/text.h"
#include "services/cli/time_parsing.h"

namespace rapport::cli {
namespace {

using churn::v1::BatchScoreCustomersRequest;
using churn::v1::HealthBand;
using churn::v1::HealthRules;
using churn::v1::ListCustomersByRiskRequest;
using churn::v1::ListCustomersByRiskResponse;
using churn::v1::ScoreResult;
using churn::v1::StreamScoresRequest;
using churn::v1::StreamScoresResponse;
using churn::v1::WatchRiskRequest;
using churn::v1::WatchRiskResponse;

constexpr size_t kBatchCustomers = 1000;
constexpr absl::Duration kSweepPoll = absl::Milliseconds(200);

// The customers named, a table or a JSON object each.
absl::StatusOr<int> ScoreCustomers(Session& session, const ScoreOptions& options, absl::TimeZone zone) {
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  std::vector<churn::v1::Score> scores;
  bool any_error = false;
  for (size_t begin = 0; begin < options.ids.size(); begin += kBatchCustomers) {
    BatchScoreCustomersRequest request;
    const size_t end = std::min(begin + kBatchCustomers, options.ids.size());
    for (size_t i = begin; i < end; ++i) request.add_customer_ids(options.ids[i]);
    request.mutable_options()->set_skip_reasons(options.no_reasons);
    const auto response = Call(*connection, &ChurnStub::BatchScoreCustomers, request);
    if (!response.ok()) return response.status();
    for (int i = 0; i < response->results_size(); ++i) {
      const ScoreResult& result = response->results(i);
      if (session.json()) session.environment.out << JsonLine(result) << "\n";
      if (result.status().code() == 0) {
        scores.push_back(result.score());
      } else {
        any_error = true;
        session.environment.err << Printable(request.customer_ids(i)) << ": " << Printable(result.status().message())
                                << std::endl;
      }
    }
  }
  if (!session.json() && !scores.empty()) session.environment.out << ScoresText(scores, zone);
  return any_error ? kFailed : kDone;
}

// All active customers, as CSV or JSON.
absl::StatusOr<int> ScoreEveryone(Session& session, const ScoreOptions& options) {
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  StreamScoresRequest request;
  request.set_rescore(options.rescore);
  request.mutable_options()->set_skip_reasons(options.no_reasons);
  const bool csv = options.csv() && !session.json();
  return WriteExport(
      session, options, "scores",
      [&](std::ostream& out, Progress& progress, const RetryPolicy&) -> absl::StatusOr<int64_t> {
        ChurnStub stub(connection->channel());
        const std::unique_ptr<grpc::ClientContext> context = connection->NewStreamContext();
        const auto stream = stub.StreamScores(context.get(), request);
        if (csv) out << ScoreCsvHeader();
        int64_t count = 0;
        StreamScoresResponse chunk;
        while (stream->Read(&chunk)) {
          for (churn::v1::Score& score : *chunk.mutable_scores()) {
            ScoreResult result;
            *result.mutable_score() = std::move(score);
            out << (csv ? ScoreCsvLine(result, result.score().customer_id()) : JsonLine(result.score()) + "\n");
            ++count;
          }
          progress.Update(count, 0);
        }
        absl::Status status = connection->Explain(stream->Finish());
        if (!status.ok()) return status;
        return count;
      });
}

// JSON over several lines, for a file that is edited and given back; one line for programs.
void Print(Session& session, const HealthRules& rules) {
  session.environment.out << (session.json() ? JsonLine(rules) + "\n" : JsonText(rules));
}

absl::StatusOr<int> ChangeHealthRules(Session& session, const churn::v1::SetHealthRulesRequest& request) {
  const auto response = Call(session, &ChurnStub::SetHealthRules, request);
  if (!response.ok()) return response.status();
  Print(session, response->rules());
  return kDone;
}

}  // namespace

absl::StatusOr<int> Score(Session& session, const ScoreOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  if (!options.id.empty()) return ScoreFile(session, options);
  return options.ids.empty() ? ScoreEveryone(session, options) : ScoreCustomers(session, options, *zone);
}

absl::StatusOr<int> Explain(Session& session, const ExplainOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  churn::v1::ScoreCustomerRequest request;
  request.set_customer_id(options.customer);
  request.mutable_options()->set_max_reasons(options.max_reasons);
  const auto response = Call(session, &ChurnStub::ScoreCustomer, request);
  if (!response.ok()) return response.status();
  session.environment.out << (session.json() ? JsonLine(response->score()) + "\n"
                                             : ScoreDetails(response->score(), *zone));
  return kDone;
}

absl::StatusOr<int> ListAtRisk(Session& session, const AtRiskOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  ListCustomersByRiskRequest request;
  HealthBand band = churn::v1::HEALTH_BAND_UNSPECIFIED;
  if (absl::Status status = Choose("--band", options.band, &band); !status.ok()) return status;
  request.set_band(band);
  request.set_owner_id(options.owner);
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  ChurnStub stub(connection->channel());
  std::vector<churn::v1::Score> scores;
  const auto call = [&](auto... arguments) { return stub.ListCustomersByRisk(arguments...); };
  const auto take_page = [&](const ListCustomersByRiskResponse& page) -> int64_t {
    scores.insert(scores.end(), page.scores().begin(), page.scores().end());
    return page.scores_size();
  };
  if (absl::Status status = ForEachPage<ListCustomersByRiskRequest, ListCustomersByRiskResponse>(
          *connection, options.limit, request, call, take_page);
      !status.ok()) {
    return status;
  }
  if (!session.json()) {
    session.environment.out << (scores.empty() ? "no scores; `rapport churn sweep` scores everyone\n"
                                               : ScoresText(scores, *zone));
    return kDone;
  }
  for (const churn::v1::Score& score : scores) session.environment.out << JsonLine(score) << "\n";
  return kDone;
}

absl::StatusOr<int> WatchRisk(Session& session, const WatchRiskOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = LoadZone(options.time_zone);
  if (!zone.ok()) return zone.status();
  WatchRiskRequest request;
  request.set_resume_token(options.resume_token);
  for (const std::string& text : options.bands) {
    const absl::StatusOr<HealthBand> band = ParseShortName<HealthBand>("--band", text);
    if (!band.ok()) return band.status();
    request.add_bands(*band);
  }
  return FollowStream(
      session, &ChurnStub::WatchRisk, std::move(request), options.count, [&](const WatchRiskResponse& message) {
        if (!message.has_score()) return false;
        // Flushed line by line, so that a pipe gets each change at once.
        session.environment.out << (session.json() ? JsonLine(message) : RiskLine(message, *zone)) << std::endl;
        return true;
      });
}

// A sweep under way may have begun with the model of before: another one follows it.
absl::StatusOr<int> Sweep(Session& session, const SweepOptions& /*options*/) {
  const absl::StatusOr<Connection> connection = Connection::Open(session.connection);
  if (!connection.ok()) return connection.status();
  churn::v1::SweepScoresResponse response;
  for (bool waits = false;; waits = true) {
    // It takes as long as there are customers.
    const grpc::Status swept =
        ChurnStub(connection->channel()).SweepScores(connection->NewStreamContext().get(), {}, &response);
    if (!swept.ok()) return connection->Explain(swept);
    if (!response.already_running()) break;
    if (!waits) session.environment.err << "a sweep is under way; this one begins when it has ended" << std::endl;
    absl::SleepFor(kSweepPoll);
  }
  session.environment.out << (session.json() ? JsonLine(response)
                                             : absl::StrCat("scored ", Grouped(response.scored_count()), " customers"))
                          << "\n";
  return kDone;
}

absl::StatusOr<int> GetHealthRules(Session& session, const HealthRulesOptions& /*options*/) {
  const auto response = Call(session, &ChurnStub::GetHealthRules, churn::v1::GetHealthRulesRequest());
  if (!response.ok()) return response.status();
  if (response->is_default()) session.environment.err << "these are the default rules" << std::endl;
  Print(session, response->rules());
  return kDone;
}

absl::StatusOr<int> SetHealthRules(Session& session, const HealthRulesOptions& options) {
  const absl::StatusOr<std::string> json = ReadFileOr(session.environment.in, options.file);
  if (!json.ok()) return json.status();
  churn::v1::SetHealthRulesRequest request;
  if (absl::Status status = ParseResource(options.file, *json, request.mutable_rules()); !status.ok()) return status;
  return ChangeHealthRules(session, request);
}

absl::StatusOr<int> ResetHealthRules(Session& session, const HealthRulesOptions& /*options*/) {
  return ChangeHealthRules(session, churn::v1::SetHealthRulesRequest());
}

}  // namespace rapport::cli
