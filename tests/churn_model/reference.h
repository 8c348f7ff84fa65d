#ifndef RAPPORT_TESTS_CHURN_MODEL_REFERENCE_H_
#define RAPPORT_TESTS_CHURN_MODEL_REFERENCE_H_

#include <string>
#include <vector>

// The lines of numbers that reference.py prints for `arguments`; fails the test that asks when it does not run.
std::vector<std::vector<double>> AskPython(const std::string& arguments);

#endif  // RAPPORT_TESTS_CHURN_MODEL_REFERENCE_H_
