#ifndef RAPPORT_TESTS_BENCHMARK_POSTGRES_H_
#define RAPPORT_TESTS_BENCHMARK_POSTGRES_H_

#include <libpq-fe.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// What all loads on PostgreSQL do. Errors are told on standard error.
namespace rapport::benchmark {

using Connection = std::unique_ptr<PGconn, void (*)(PGconn*)>;
using Result = std::unique_ptr<PGresult, void (*)(PGresult*)>;

// `where` is a libpq connection string.
Connection ConnectToPostgres(const std::string& where);

bool Succeeded(const Result& result);
Result Execute(const Connection& connection, const std::string& sql);

// Of so many executions, the median; -1 when one failed.
double MedianSeconds(const Connection& connection, const std::string& sql, int repeat);

// Array literals of the rows [first, last), one per parameter.
using ColumnsOfRows = std::function<std::vector<std::string>(int64_t first, int64_t last)>;

// Executes `statement` for the rows [from, to), 1,000 at a time, over so many connections. It must answer with the
// number of rows that it added, which are to be all. Prints the rate as JSON, and returns the exit code.
int IngestIntoPostgres(const std::string& where, const std::string& statement, int64_t from, int64_t to,
                       int connections, const ColumnsOfRows& columns_of);

}  // namespace rapport::benchmark

#endif  // RAPPORT_TESTS_BENCHMARK_POSTGRES_H_
