#ifndef RAPPORT_TESTS_BENCHMARK_CHURN_LOAD_H_
#define RAPPORT_TESTS_BENCHMARK_CHURN_LOAD_H_

#include <cstdint>
#include <string>

// Loads of the churn service, as those in load.h.
namespace rapport::benchmark {

// Records the lives of customers [from, to): twelve activities each within the last 300 days. Of those who use the
// product less and less, more leave.
int RunLives(const std::string& server, int64_t from, int64_t to, int streams);

// Trains a model on what the service knows, and makes it the active one. Without evaluation.
int RunTraining(const std::string& server);

// Calls ScoreCustomer for the first `customers`, `in_flight` at a time, for so long; each was asked for once before.
int RunScores(const std::string& server, int64_t customers, int in_flight, double seconds);

// Calls BatchScoreCustomers for the first `customers`, 1,000 at a time, one after the other, so many times.
int RunBatchScores(const std::string& server, int64_t customers, int repeat, bool reasons);

// Calls SweepScores once and prints how many customers it scored a second.
int RunSweep(const std::string& server);

// Scores the first `customers`, 1,000 at a time, so many times, in this process: with XGBoost alone, and to scores as
// the service presents them, on its model and features.
int RunPredictions(const std::string& server, int64_t customers, int repeat, bool reasons);

}  // namespace rapport::benchmark

#endif  // RAPPORT_TESTS_BENCHMARK_CHURN_LOAD_H_
