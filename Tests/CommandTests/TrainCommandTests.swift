// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

struct TrainCommandTests {
  private let ocelli: Ocelli

  init() throws { ocelli = try Ocelli() }

  private let classifier = "train classifier --data $SHARED/scenes"
  private let enhancer = "train enhancer --data $SHARED/scenes"

  @Test(arguments: [
    "--batch 0", "--batch 100000000", "--batch nan", "--epochs 0", "--epochs=-1",
    "--epochs 2000000", "--learning-rate nan", "--learning-rate inf", "--learning-rate=-1",
    "--learning-rate 1e30", "--momentum nan", "--momentum 0.5", "--weight-decay nan", "--warm-up 2",
    "--clip 0", "--clip nan", "--smoothing 1", "--patience 0", "--threads 0", "--validation nan",
    "--validation 1", "--validation=-0.1", "--shift=-3", "--shift 100000000", "--cutout=-1",
    "--mixup nan", "--mixup 1e30", "--jitter nan", "--jitter 100", "--save-interval nan",
    "--save-interval=-1", "--size 0", "--size 100000000", "--fraction nan", "--fraction 0",
    "--fraction 2", "--test-fraction nan", "--test-fraction 0", "--degrade blur=",
    "--split 10", "--split 0/5", "--split a/b", "--crop 2",
    "--degrade blur=1,blur=1", "--width 0", "--width nan", "--width 1e9", "--dense-units 0",
    "--dense-units 5", "--normalized", "--architecture vgg17",
    "--architecture resnet8 --normalized",
    "--recipe speed-run --architecture vgg16", "--flip up", "--optimizer magic", "--seed=-1",
    "--unknown", "extra",
  ])
  func `absurd settings of a classifier are wrong usage`(options: String) throws {
    try ocelli.expectUsage("\(classifier) --output x \(options)")
  }

  @Test(arguments: [
    "", "--classifier c --width 0", "--classifier c --depth 0", "--classifier c --depth 7",
    "--phases reconstruct --head bounded:0", "--phases reconstruct --head bounded:nan",
    "--phases reconstruct --head x", "--phases reconstruct --architecture 'own(9-9)'",
    "--phases reconstruct --architecture 'own(1'", "--phases reconstruct --towards-clean",
    "--phases reconstruct --reconstruct-epochs 0", "--phases reconstruct --reconstruct-epochs=-4",
    "--phases all",
  ])
  func `absurd settings of an enhancer are wrong usage`(options: String) throws {
    try ocelli.expectUsage("\(enhancer) --output x \(options)")
  }

  @Test func `what cannot be trained is told before anything is written`() throws {
    for (options, text) in [
      ("--size 1", "larger images"), ("--size 3", "larger images"),
      ("--recipe speed-run --size 2", "larger images"), ("--shift 16", "shift 16"),
      ("--cutout 17", "cutout 17"), ("--validation 0.001", "cannot be split"),
      ("--validation 0.999", "cannot be split"), ("--fraction 0.0001", "cannot be split"),
      ("--size 16384", "do not fit in memory"),
    ] { try ocelli.expectError("\(classifier) --output x \(options)", text) }
    try ocelli.expectError("train classifier --data nowhere --output x", "nowhere: cannot be read")
  }

  @Test func `an output folder that cannot be is named`() throws {
    try ocelli.write(Array("precious".utf8), to: "file")
    try ocelli.expectUsage("\(classifier) --output ''", "--output")
    try ocelli.expectError("\(classifier) --output file", "file: is a file, expected a folder")
    try ocelli.expectError("\(classifier) --output file/x", "file/x: cannot be created")
    try ocelli.expectError("\(classifier) --output /proc/x", "/proc/x: cannot be created")
    try ocelli.expectError(
      "\(classifier) --output $SHARED/classifier", "/classifier: holds a run already", "--resume")
    try ocelli.expectError(
      "\(enhancer) \(Shared.classifier) --output $SHARED/enhancer", "holds a run already")
  }

  @Test func `models that do not fit are named before the first phase`() throws {
    let line = "\(enhancer) --output x --width 2 --depth 1"
    for (options, text) in [
      ("--classifier nowhere", "nowhere: cannot be opened"),
      ("--classifier $SHARED/scenes", "/scenes: "),
      ("--classifier $SHARED/scenes.safetensors", "holds no graph"),
      (
        "--classifier $SHARED/enhancer/enhance/last.safetensors",
        "last.safetensors: is an enhancer, expected a classifier"
      ),
      ("\(Shared.classifier) --size 8", "takes 16×16×3; use --size 16"),
      (
        "\(Shared.classifier) --initial $SHARED/classifier/best.safetensors",
        "is a classifier, expected an enhancer"
      ),
      ("--phases reconstruct --depth 6", "smaller depth"),
      ("--phases reconstruct --size 1", "smaller depth"),
      (
        "--phases reconstruct --size 8 --initial $SHARED/enhancer/enhance/best.safetensors",
        "enhance/best.safetensors takes 16×16×3"
      ),
    ] { try ocelli.expectError("\(line) \(options)", text) }
  }

  @Test func `resuming towards other targets names the difference`() throws {
    let line =
      "\(enhancer) --phases reconstruct --epochs 1 --width 2 --depth 1 --batch 16"
      + " --degrade dull=0.5 --output run"
    let whole = try ocelli.shell("$OCELLI \(line)")
    #expect(whole.code == 0, "\(whole)")
    try ocelli.expectError(
      "\(line) --resume --squared-error", "loss binary cross-entropy, not squared error")
    try ocelli.expectError("\(line) --resume --towards-clean", "other targets")
  }

  @Test func `a run that stops early says so`() throws {
    let run = try ocelli.shell(
      "$OCELLI \(classifier) --output run --epochs 30 --learning-rate 0 --patience 2 --batch 16")
    #expect(run.code == 0 && run.output.contains("stopped early: 2 epochs"), "\(run)")
    try ocelli.expectUsage("\(classifier) --output x --patience 2 --validation 0")
  }

  @Test func `numbers that are not finite are named`() throws {
    let diverged = try ocelli.shell(
      "$OCELLI \(classifier) --output run --epochs 9 --optimizer sgd --learning-rate 1000")
    #expect(diverged.code == 1 && diverged.errors.contains("has diverged at epoch"), "\(diverged)")
    #expect(diverged.errors.contains("'"), "no culprit: \(diverged)")
    let path = Shared.folder + "/classifier/best.safetensors"
    var bytes = try Data(contentsOf: URL(filePath: path))
    for index in bytes.count - 4..<bytes.count { bytes[index] = 255 }
    try Data(bytes).write(to: URL(filePath: ocelli.path("nan.safetensors")))
    try ocelli.expectError(
      "model info nan.safetensors", "nan.safetensors: tensor '", "not finite")
  }

  @Test func `resuming with other options names the difference`() throws {
    let line =
      "\(classifier) --output run --epochs 1 --width 0.25 --batch 16 --validation 0.2 --shift 1"
    let whole = try ocelli.shell("$OCELLI \(line)")
    #expect(whole.code == 0 && whole.output.contains("run/best.safetensors"), "\(whole)")
    #expect(whole.output.contains("next: ocelli evaluate --data"), "\(whole)")
    for (options, text) in [
      ("--epochs 2", "epochs 1, not 2"), ("--learning-rate 0.1", "learningRate 0.003, not 0.1"),
      ("--seed 2", "seed 1, not 2"), ("--shift 2 --mixup 0.5", "mixup 0, not 0.5; shift 1, not 2"),
      ("--clip 1", "gradientClip none, not 1"), ("--size 8", "other training images"),
      ("--width 0.5", "architecture"), ("--degrade dull=0.5", "other training images"),
    ] {
      try ocelli.expectError("\(line) --resume \(options)", "run/last.safetensors", text)
    }
    let before = try ocelli.snapshot()
    let again = try ocelli.shell("$OCELLI \(line) --resume")
    #expect(again.code == 0, "\(again)")
    #expect(try ocelli.snapshot() == before)
  }

  @Test func `a damaged checkpoint is named and kept`() throws {
    let line = "\(classifier) --output run --epochs 1 --width 0.25 --batch 16"
    #expect(try ocelli.shell("$OCELLI \(line)").code == 0)
    let whole = try ocelli.bytes("run/last.safetensors")
    for count in [0, 8, 1000, whole.count - 1] {
      try ocelli.write(whole.prefix(count), to: "run/last.safetensors")
      try ocelli.expectError("\(line) --resume", "run/last.safetensors: ")
    }
    try ocelli.write(ocelli.bytes("run/best.safetensors"), to: "run/last.safetensors")
    try ocelli.expectError("\(line) --resume", "run/last.safetensors: holds a model")
  }

  @Test func `every line of JSON is an object`() throws {
    let outcome = try ocelli.shell(
      "$OCELLI \(classifier) --output run --epochs 3 --width 0.25 --batch 16 --json")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
    let records = try outcome.output.split(separator: "\n").map { line in
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    }
    #expect(records.map { $0?["epoch"] as? Int } == [1, 2, 3])
    #expect(records.allSatisfy { $0?["validationAccuracy"] is Double })
  }
}
