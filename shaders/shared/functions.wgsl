
// Functions of one number, for `F` a float or four of them. WGSL leaves open what its own do with large numbers,
// infinities and NaN, so these test bits and bound arguments themselves.
fn is_nan(x: F) -> B { return (bitcast<U>(x) & U(0x7fffffffu)) > U(0x7f800000u); }
fn is_inf(x: F) -> B { return (bitcast<U>(x) & U(0x7fffffffu)) == U(0x7f800000u); }
fn float_of_bits(x: u32) -> F { return bitcast<F>(U(x)); }
fn or_nan(x: F, y: F) -> F { return select(y, x, is_nan(x)); }

// exp to one unit in the last place or two: 2^k times a polynomial around 0.
fn f_exp(x: F) -> F {
  let v = clamp(x, F(-104.0), F(89.0));
  let k = round(v * F(1.44269504));
  let r = (v - k * F(0.693359375)) - k * F(-2.12194440e-4);
  var s = F(1.9875691500e-4);
  s = s * r + F(1.3981999507e-3);
  s = s * r + F(8.3334519073e-3);
  s = s * r + F(4.1665795894e-2);
  s = s * r + F(1.6666665459e-1);
  s = s * r + F(5.0000001201e-1);
  s = s * r * r + r + F(1.0);
  // In two factors, so that the powers of two stay in range.
  let j = I(k);
  let h = j >> U(1u);
  let first = bitcast<F>((h + I(127)) << U(23u));
  let second = bitcast<F>((j - h + I(127)) << U(23u));
  return or_nan(x, select(select(s * first * second, float_of_bits(0x7f800000u), x > F(88.73)), F(0.0), x < F(-103.98)));
}

fn f_log(x: F) -> F {
  // Below the normal numbers: scaled up first.
  let tiny = x < F(1.17549435e-38);
  let v = select(x, x * F(8388608.0), tiny);
  let bits = bitcast<I>(v);
  var e = F(((bits >> U(23u)) & I(255)) - I(126)) - select(F(0.0), F(23.0), tiny);
  var m = bitcast<F>((bits & I(0x007fffff)) | I(0x3f000000));
  let low = m < F(0.70710678);
  e = select(e, e - F(1.0), low);
  m = select(m - F(1.0), m + m - F(1.0), low);
  let z = m * m;
  var s = F(7.0376836292e-2);
  s = s * m + F(-1.1514610310e-1);
  s = s * m + F(1.1676998740e-1);
  s = s * m + F(-1.2420140846e-1);
  s = s * m + F(1.4249322787e-1);
  s = s * m + F(-1.6668057665e-1);
  s = s * m + F(2.0000714765e-1);
  s = s * m + F(-2.4999993993e-1);
  s = s * m + F(3.3333331174e-1);
  s = s * m * z + e * F(-2.12194440e-4) - F(0.5) * z;
  var r = m + s + e * F(0.693359375);
  r = select(r, float_of_bits(0xff800000u), x == F(0.0));
  r = select(r, float_of_bits(0x7fc00000u), x < F(0.0));
  r = select(r, x, is_inf(x) & (x > F(0.0)));
  return or_nan(x, r);
}

// log(1 + x) that keeps small x.
fn f_log1p(x: F) -> F {
  let u = F(1.0) + x;
  return select(f_log(u) * (x / (u - F(1.0))), x, u == F(1.0));
}

fn f_expm1(x: F) -> F {
  let s = x * (F(1.0) + x * (F(0.5) + x * (F(0.16666667) + x * (F(0.041666668) + x * F(0.008333334)))));
  return select(f_exp(x) - F(1.0), s, abs(x) < F(0.1));
}

fn f_sigmoid(x: F) -> F {
  let e = f_exp(-abs(x));
  return or_nan(x, select(F(1.0), e, x < F(0.0)) / (F(1.0) + e));
}

fn f_tanh(x: F) -> F {
  let e = f_expm1(F(-2.0) * abs(x));
  return or_nan(x, sign(x) * (-e / (e + F(2.0))));
}

// Abramowitz and Stegun 7.1.26 is too coarse: a series near 0, a rational times exp(-x^2) beyond.
fn f_erf(x: F) -> F {
  let a = abs(x);
  let z = x * x;
  var s = F(-1.0 / 75600.0);
  s = s * z + F(1.0 / 9360.0);
  s = s * z + F(-1.0 / 1320.0);
  s = s * z + F(1.0 / 216.0);
  s = s * z + F(-1.0 / 42.0);
  s = s * z + F(0.1);
  s = s * z + F(-1.0 / 3.0);
  let near = x * F(1.12837917) * (F(1.0) + z * s);
  let t = F(1.0) / (F(1.0) + F(0.5) * a);
  var q = F(0.17087277);
  q = q * t + F(-0.82215223);
  q = q * t + F(1.48851587);
  q = q * t + F(-1.13520398);
  q = q * t + F(0.27886807);
  q = q * t + F(-0.18628806);
  q = q * t + F(0.09678418);
  q = q * t + F(0.37409196);
  q = q * t + F(1.00002368);
  q = q * t + F(-1.26551223);
  let far = F(1.0) - t * f_exp(q - z);
  return or_nan(x, select(sign(x) * far, near, a < F(0.5)));
}

fn f_softplus(x: F) -> F { return max(x, F(0.0)) + f_log1p(f_exp(-abs(x))); }

fn f_max(x: F, y: F) -> F { return or_nan(x, or_nan(y, max(x, y))); }
fn f_min(x: F, y: F) -> F { return or_nan(x, or_nan(y, min(x, y))); }

// A power: whole exponents of negative numbers keep their sign, others make NaN.
fn f_pow(x: F, y: F) -> F {
  let whole = floor(y) == y;
  let odd = whole & (abs(y) < F(16777216.0)) & ((I(clamp(y, F(-16777216.0), F(16777216.0))) & I(1)) == I(1));
  let a = abs(x);
  var r = f_exp2_of(a, y);
  r = select(r, -r, (x < F(0.0)) & odd);
  r = select(r, float_of_bits(0x7fc00000u), (x < F(0.0)) & !whole);
  let zero = select(select(F(0.0), float_of_bits(0x7f800000u), y < F(0.0)), F(1.0), y == F(0.0));
  r = select(r, zero, a == F(0.0));
  r = select(r, F(1.0), (y == F(0.0)) | (x == F(1.0)));
  return select(select(r, y, is_nan(y) & (x != F(1.0))), x, is_nan(x) & (y != F(0.0)));
}

// a^y for a > 0. Small whole exponents are products, which is exact for small whole numbers.
fn f_exp2_of(a: F, y: F) -> F {
  let k = abs(y);
  let small = (floor(k) == k) & (k <= F(15.0));
  let b = I(min(k, F(15.0)));
  let a2 = a * a;
  let a4 = a2 * a2;
  var r = select(F(1.0), a, (b & I(1)) == I(1));
  r = r * select(F(1.0), a2, (b & I(2)) == I(2));
  r = r * select(F(1.0), a4, (b & I(4)) == I(4));
  r = r * select(F(1.0), a4 * a4, (b & I(8)) == I(8));
  let product = select(r, F(1.0) / r, y < F(0.0));
  return select(f_exp(y * f_log(a)), product, small);
}

fn f_fmod(x: F, y: F) -> F { return x - y * trunc(x / y); }
fn f_mod(x: F, y: F) -> F { return x - y * floor(x / y); }

// Reduced by pi/2 in three parts; good to a few units in the last place below 10^4.
fn f_sin_cos(x: F, shift: i32) -> F {
  let k = round(x * F(0.63661977));
  let r = ((x - k * F(1.5703125)) - k * F(4.837512969970703e-4)) - k * F(7.549789948768648e-8);
  let q = (I(k) + I(shift)) & I(3);
  let z = r * r;
  let s = r + r * z * (F(-1.6666654611e-1) + z * (F(8.3321608736e-3) + z * F(-1.9515295891e-4)));
  let c = F(1.0) - F(0.5) * z
    + z * z * (F(4.166664568298827e-2) + z * (F(-1.388731625493765e-3) + z * F(2.443315711809948e-5)));
  let v = select(s, c, (q & I(1)) == I(1));
  return select(v, -v, (q & I(2)) == I(2));
}

fn f_atan(x: F) -> F {
  let a = abs(x);
  let big = a > F(2.414213562373095);
  let middle = a > F(0.4142135623730950);
  let base = select(select(F(0.0), F(0.7853981633974483), middle), F(1.5707963267948966), big);
  let v = select(select(a, (a - F(1.0)) / (a + F(1.0)), middle), F(-1.0) / a, big);
  let z = v * v;
  let s = (((F(8.05374449538e-2) * z - F(1.38776856032e-1)) * z + F(1.99777106478e-1)) * z - F(3.33329491539e-1))
    * z * v + v;
  return or_nan(x, sign(x) * (base + s));
}

fn f_asin(x: F) -> F {
  let a = abs(x);
  let big = a > F(0.5);
  let z = select(a * a, F(0.5) * (F(1.0) - a), big);
  let v = select(a, sqrt(max(z, F(0.0))), big);
  let s = ((((F(4.2163199048e-2) * z + F(2.4181311049e-2)) * z + F(4.5470025998e-2)) * z + F(7.4953002686e-2)) * z
    + F(1.6666752422e-1)) * z * v + v;
  let r = sign(x) * select(s, F(1.5707963267948966) - (s + s), big);
  return select(r, float_of_bits(0x7fc00000u), a > F(1.0));
}

fn f_asinh(x: F) -> F {
  let a = abs(x);
  let l = f_log1p(a + a * a / (F(1.0) + sqrt(a * a + F(1.0))));
  return sign(x) * select(l, f_log(a) + F(0.69314718), a > F(1.0e9));
}

fn f_acosh(x: F) -> F {
  let t = x - F(1.0);
  let l = f_log1p(t + sqrt(max(F(2.0) * t + t * t, F(0.0))));
  let r = select(l, f_log(x) + F(0.69314718), x > F(1.0e9));
  return select(r, float_of_bits(0x7fc00000u), x < F(1.0));
}

fn f_atanh(x: F) -> F { return F(0.5) * f_log1p(F(2.0) * x / (F(1.0) - x)); }
