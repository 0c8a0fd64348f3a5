"""``Model`` and ``Predictor``: networks from Python, on our own small detector."""

from pathlib import Path

import numpy as np
import pytest

import lensframe

SHAPES = Path(__file__).parents[2] / "src" / "model" / "zoo" / "shapes.onnx"


@pytest.fixture()
def scenes(tmp_path):
    path = tmp_path / "my scenes.lf"
    return lensframe.synth(path, 6, size="192x144", classes=12, seed=5)


def test_a_model_takes_arrays_by_place_and_by_name():
    model = lensframe.Model(SHAPES, device="cpu")
    assert model.device == "cpu"
    (port,) = model.inputs
    picture = np.random.default_rng(0).random((2, 3, 64, 48), np.float32)
    by_place, by_name = model(picture), model(**{port.name: picture})
    assert set(by_place) == {port.name for port in model.outputs}
    for name, array in by_place.items():
        assert array.shape[0] == 2 and array.dtype == np.float32
        np.testing.assert_array_equal(array, by_name[name])
    # What is not row-major is read as it looks.
    turned = np.asfortranarray(picture)
    np.testing.assert_array_equal(model(turned)[model.outputs[0].name], by_place[model.outputs[0].name])


def test_weights_in_half_precision_change_little():
    picture = np.random.default_rng(1).random((1, 3, 64, 64), np.float32)
    full = lensframe.Model(SHAPES, device="cpu")(picture)
    for name, array in lensframe.Model(SHAPES, device="cpu", half=True)(picture).items():
        np.testing.assert_array_equal(array, full[name])
    try:
        small = lensframe.Model(SHAPES, device="gpu", half=True)
    except lensframe.LensframeError:
        pytest.skip("no graphics adapter")
    for name, array in small(picture).items():
        assert np.abs(array - full[name]).max() <= 5e-3 * max(1.0, np.abs(full[name]).max())


def test_what_a_model_does_not_take_is_said():
    model = lensframe.Model(SHAPES, device="cpu")
    with pytest.raises(TypeError, match="missing"):
        model()
    with pytest.raises(TypeError, match="the model takes"):
        model(nothing=np.zeros(3, np.float32))
    with pytest.raises(lensframe.LensframeError, match="float"):
        model(np.zeros((1, 3, 64, 64)))
    with pytest.raises(lensframe.LensframeError, match="shape"):
        model(np.zeros((3, 64, 64), np.float32))
    with pytest.raises(lensframe.LensframeError, match="auto, cpu, gpu"):
        lensframe.Model(SHAPES, device="tpu")
    with pytest.raises(lensframe.LensframeError):
        lensframe.Model(SHAPES.with_suffix(".toml"))


def test_a_predictor_finds_and_is_scored(scenes):
    find = lensframe.Predictor(SHAPES, "shapes", device="cpu")
    done = scenes.predict(find, to="net", batch=4)
    assert lensframe.evaluate(done, "#net")["AP"] > 0.4
    # Again: all rows are there.
    again = done.predict(find, to="net")
    assert again[0]["net.bbox"].tolist() == done[0]["net.bbox"].tolist()
    with pytest.raises(TypeError, match="recipe"):
        done.predict(find, to="other", layout="xyxy")


def test_a_recipe_may_be_a_dict(scenes):
    recipe = {
        "classes": ["any"] * 12,
        "input": {"steps": [{"op": "normalize", "mean": [0, 0, 0], "std": [1, 1, 1]}], "multiple": 16},
        "output": {"kind": "heatmap", "heat": "heat", "size": "size", "offset": "offset", "stride": 4,
                   "logits": True, "peaks": True, "suppression": {"score": 0.2, "most": 1}},
    }
    done = scenes.predict(lensframe.Predictor(SHAPES, recipe, device="cpu"), to="one")
    assert all(len(row["one.score"]) <= 1 for row in done)
    with pytest.raises(lensframe.LensframeError, match="kind"):
        lensframe.Predictor(SHAPES, {**recipe, "output": {"kind": "boxen"}}, device="cpu")


def test_a_predictor_is_scored_as_it_goes(scenes):
    find = lensframe.Predictor(SHAPES, "shapes", device="cpu")
    done = scenes.predict(find, to="net", batch=4)
    stored = lensframe.evaluate(done, "#net")
    for batch in (1, 4):
        report = find.evaluate(scenes, batch=batch)
        assert len(report.flat()) >= 12
        for name, value in report.flat().items():
            np.testing.assert_equal(value, stored.flat()[name], name)
    assert find.evaluate(done, truth="net")["AP"] == pytest.approx(1.0)
    with pytest.raises(lensframe.LensframeError, match="no masks"):
        find.evaluate(scenes, "coco/segm")
    with pytest.raises(lensframe.LensframeError, match="all images at once"):
        find.evaluate(scenes, "lvis/bbox")
