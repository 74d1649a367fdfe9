#pragma once

namespace trivox {

int run_phantom(int argc, char** argv);
int run_inspect(int argc, char** argv);
int run_convert(int argc, char** argv);
int run_register(int argc, char** argv);
int run_preprocess(int argc, char** argv);
int run_feed(int argc, char** argv);
int run_evaluate(int argc, char** argv);
int run_train(int argc, char** argv);
int run_predict(int argc, char** argv);

}  // namespace trivox
