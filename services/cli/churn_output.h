#ifndef RAPPORT_SERVICES_CLI_CHURN_OUTPUT_H_
#define RAPPORT_SERVICES_CLI_CHURN_OUTPUT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "rapport/churn/v1/queries.pb.h"
#include "rapport/churn/v1/scores.pb.h"

namespace rapport::cli {

// Customers lost, then recurring revenue lost in each currency.
std::string ChurnText(const churn::v1::QueryChurnRequest& request, const churn::v1::QueryChurnResponse& response,
                      absl::TimeZone zone);

// How many customers stay for longer than each of `months`.
std::string RetentionText(const churn::v1::QueryRetentionRequest& request,
                          const churn::v1::QueryRetentionResponse& response, const std::vector<int>& months,
                          absl::TimeZone zone);

std::string ConversionText(const churn::v1::QueryConversionRequest& request,
                           const churn::v1::QueryConversionResponse& response, absl::TimeZone zone);

std::string ForecastText(const churn::v1::ForecastPurchasesResponse& response, int horizon_days);

// How many active customers are in a band.
struct BandCount {
  churn::v1::HealthBand band = churn::v1::HEALTH_BAND_UNSPECIFIED;
  int64_t count = 0;
};

// What a monthly report is made of.
struct ChurnReport {
  churn::v1::QueryChurnRequest churn_request;
  churn::v1::QueryChurnResponse churn;
  churn::v1::QueryRetentionResponse retention;
  churn::v1::QueryConversionResponse conversion;
  std::vector<BandCount> bands;
  std::vector<churn::v1::Score> at_risk;
};

std::string ReportText(const ChurnReport& report, absl::TimeZone zone);
// One object whose fields are the answers that the report is made of.
std::string ReportJson(const ChurnReport& report);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CHURN_OUTPUT_H_
