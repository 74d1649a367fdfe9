#include "cli/command.h"

#include <array>
#include <opencv2/core/utility.hpp>

#include "tests/test.h"

using namespace trivox;

TEST_CASE("a command finds OpenCV held to one thread") {
  cv::setNumThreads(2);
  constexpr std::array commands = {
      Command{"look", "", [](int, char**) { return cv::getNumThreads() == 1 ? kDone : kFailed; }}};
  std::array<std::string, 2> words = {"trivox", "look"};
  std::array<char*, 3> arguments = {words[0].data(), words[1].data(), nullptr};
  CHECK(dispatch(commands, 2, arguments.data()) == kDone);
}

TEST_CASE("unknown_command") {
  const auto outcome = test::trivox("preproces");
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("there is no command 'preproces'"));
  CHECK(test::trivox("").exit_code == 2);
}

TEST_CASE("configuration_file_missing is a matter of usage") {
  const auto outcome = test::trivox("feed /nowhere --config /nowhere.yaml");
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("/nowhere.yaml"));
}

TEST_CASE("count_out_of_range says the range") {
  const auto outcome = test::trivox("feed /nowhere --batches 0");
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("1 to 1000000"));
  CHECK(test::trivox("phantom /tmp/never-written --patients 0").exit_code == 2);
}
