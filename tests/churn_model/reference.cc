#include "tests/churn_model/reference.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

std::vector<std::vector<double>> AskPython(const std::string& arguments) {
  const rapport::test_support::TempDir folder;
  const std::string answered = folder.path() + "/answers.txt";
  const std::string command = "OMP_NUM_THREADS=1 /usr/bin/python3 " REFERENCE_SCRIPT " " + arguments + " > " + answered;
  EXPECT_EQ(std::system(command.c_str()), 0) << command << "\nDebian's python3-sklearn and python3-xgboost are needed.";
  std::vector<std::vector<double>> lines;
  std::ifstream file(answered);
  for (std::string line; std::getline(file, line);) {
    std::istringstream numbers(line);
    auto& values = lines.emplace_back();
    // Not read as double, which would not take "nan".
    for (std::string number; numbers >> number;) values.push_back(std::strtod(number.c_str(), nullptr));
  }
  return lines;
}
