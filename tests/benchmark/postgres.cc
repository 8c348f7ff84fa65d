#include "tests/benchmark/postgres.h"

#include <algorithm>
#include <atomic>
#include <iostream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/benchmark/summary.h"

namespace rapport::benchmark {
namespace {

bool IngestBatch(const Connection& connection, int64_t first, int64_t last, const ColumnsOfRows& columns_of) {
  const std::vector<std::string> columns = columns_of(first, last);
  std::vector<const char*> parameters;
  for (const std::string& column : columns) parameters.push_back(column.c_str());
  const Result result(PQexecPrepared(connection.get(), "ingest", static_cast<int>(parameters.size()), parameters.data(),
                                     nullptr, nullptr, 0),
                      PQclear);
  return Succeeded(result) && std::stoll(PQgetvalue(result.get(), 0, 0)) == last - first;
}

}  // namespace

Connection ConnectToPostgres(const std::string& where) {
  Connection connection(PQconnectdb(where.c_str()), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) std::cerr << PQerrorMessage(connection.get());
  return connection;
}

bool Succeeded(const Result& result) {
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return true;
  std::cerr << PQresultErrorMessage(result.get());
  return false;
}

Result Execute(const Connection& connection, const std::string& sql) {
  return Result(PQexec(connection.get(), sql.c_str()), PQclear);
}

double MedianSeconds(const Connection& connection, const std::string& sql, int repeat) {
  std::vector<double> seconds;
  for (int i = 0; i < repeat; ++i) {
    const absl::Time start = absl::Now();
    if (!Succeeded(Execute(connection, sql))) return -1;
    seconds.push_back(absl::ToDoubleSeconds(absl::Now() - start));
  }
  return Quantile(seconds, 0.5);
}

int IngestIntoPostgres(const std::string& where, const std::string& statement, int64_t from, int64_t to,
                       int connections, const ColumnsOfRows& columns_of) {
  constexpr int64_t kBatch = 1000;
  std::atomic<int64_t> next = from;
  std::atomic<bool> failed = false;
  const absl::Time start = absl::Now();
  std::vector<std::thread> threads;
  for (int t = 0; t < connections; ++t) {
    threads.emplace_back([&] {
      const Connection connection = ConnectToPostgres(where);
      const Result prepared(PQprepare(connection.get(), "ingest", statement.c_str(), 0, nullptr), PQclear);
      if (!Succeeded(prepared)) failed = true;
      while (!failed) {
        const int64_t first = next.fetch_add(kBatch);
        if (first >= to) return;
        if (!IngestBatch(connection, first, std::min(first + kBatch, to), columns_of)) failed = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double elapsed = absl::ToDoubleSeconds(absl::Now() - start);
  if (failed) {
    std::cerr << "PostgreSQL did not add all of a batch\n";
    return 1;
  }
  std::cout << absl::StrCat("{\"events\":", to - from, ",\"per_second\":", static_cast<double>(to - from) / elapsed,
                            "}\n");
  return 0;
}

}  // namespace rapport::benchmark
