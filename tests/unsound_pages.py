"""Pages that come in place of a page, each with the kind of refusal that it must meet, and pages that
only look like one. All written for these tests; none was looked at while the rules were made.
"""

# ruff: noqa: E501 - a page is read best on one line

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sample:
    kind: str  # what the reason speaks of: a key of REASONS, or "shell", "frame", "leads on"
    name: str
    html: str


def whole(title: str, body: str, head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    )


_MENU = "".join(f'<li><a href="/{n}">栏目{n}</a></li>' for n in range(12))
_FOOT = "<p>主办单位：某某省科学技术厅　地址：某某市中山路1号　邮编：100000</p><p>京ICP备00000000号-1</p>"


def portal(title: str, body: str) -> str:
    """With the menus and the foot that a ministry's site puts around everything."""
    return whole(title, f"<ul>{_MENU}</ul><div class=main>{body}</div><ul>{_MENU}</ul>{_FOOT}")


UNSOUND = [
    Sample(kind=kind, name=name, html=html)
    for kind, name, html in [
        # firewalls
        ("firewall", "创宇盾", whole("创宇盾", "<div>当前访问疑似黑客攻击，已被创宇盾拦截。</div><div>事件ID: 8f3a</div><a href='https://www.yunaq.com'>知道创宇</a>")),
        ("firewall", "安全狗", whole("网站防火墙", "<h3>您的请求带有不合法参数，已被网站管理员设置拦截！</h3><p>可能原因：您提交的内容包含危险的攻击请求</p><p>如何解决：检查提交内容</p>")),
        ("firewall", "D盾", whole("D盾_拦截提示", "<p>D盾_拦截提示</p><p>您的请求已被拦截</p>")),
        ("firewall", "云锁", whole("", "<div id=yunsuo_box>您所提交的请求含有不合法的参数，已被网站管理员设置拦截</div><span>云锁</span>")),
        ("firewall", "阿里云 405", whole("405", "<h1>405</h1><p>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</p><p>您的请求ID是：7b1f</p><img src='//errors.aliyun.com/x.png'>")),
        ("firewall", "腾讯", whole("腾讯T-Sec Web应用防火墙（WAF）", "<p>您的请求可能存在威胁，已被拦截！</p><p>请求UUID：1-2-3</p>")),
        ("firewall", "Cloudflare 1020", whole("Attention Required! | Cloudflare", "<div id=cf-wrapper><h1>Sorry, you have been blocked</h1><h2>You are unable to access gov.example</h2><p>This website is using a security service to protect itself from online attacks. The action you just performed triggered the security solution, which several kinds of requests can do.</p><p>Ray ID: 5e</p></div>")),
        ("firewall", "Akamai", "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>You don't have permission to access \"http://gov.example/plan\" on this server.<P>Reference #18.2d351ab8.1557333295.a4e16ab</BODY></HTML>"),
        ("firewall", "Imperva", '<html><head><META NAME="robots" CONTENT="noindex"></head><body><iframe src="/_Incapsula_Resource?CWUDNSAI=5" width="100%">Request unsuccessful. Incapsula incident ID: 89-1</iframe></body></html>'),
        ("firewall", "F5", "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your administrator.<br><br>Your support ID is: 1234567<br></body></html>"),
        ("firewall", "Spanish F5", whole("Acceso denegado", "<p>Su solicitud ha sido bloqueada por la política de seguridad.</p><p>ID: 77</p>")),
        # tests for a browser
        ("challenge", "加速乐", '<script>document.cookie=("_")+("_")+"jsl_clearance_s=x"; __jsl_clearance_s="17|a"; location.href=location.pathname</script>'),
        ("challenge", "Cloudflare", whole("Just a moment...", "<div class=main-wrapper><h1>gov.example</h1><h2>Verifying you are human. This may take a few seconds.</h2><p>gov.example needs to review the security of your connection before proceeding.</p></div><script>window._cf_chl_opt={}</script>")),
        ("challenge", "瑞数", "<html><head><meta charset=utf-8><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=37;$_ts.cd='qq'</script><script src=/a/b.1c2d3e4.js></script></head><body></body></html>"),
        ("challenge", "阿里云 JS", "<html><script>var arg1='0A1B2C3D4E5F60718293A4B5C6D7E8F901234567';function setCookie(n,v){document.cookie=n}setCookie('acw_sc__v2','')</script></html>"),
        ("challenge", "browser check", whole("DDoS-Guard", "<h1>Checking your browser before accessing gov.example</h1><p>Please allow up to 5 seconds</p>")),
        ("challenge", "JavaScript wanted", whole("News", "<div>Please enable JavaScript to view this page.</div>")),
        # captchas
        ("captcha", "Baidu", whole("百度安全验证", "<div>网络不给力，请稍后重试</div><div>返回首页</div>")),
        ("captcha", "slider", whole("访问验证", "<p>请完成下方验证后继续访问</p><p>请按住滑块，拖动到最右边</p>")),
        ("captcha", "too fast", whole("验证", "<form><p>您的访问过于频繁，请输入验证码后继续访问</p><input name=code><img src=/captcha.php></form>")),
        ("captcha", "Google", whole("Sorry...", "<p>Our systems have detected unusual traffic from your computer network.</p><p>Please solve this CAPTCHA</p>")),
        ("captcha", "Spanish", whole("Verificación de seguridad", "<p>Confirme que no es un robot para continuar</p>")),
        # logins
        ("login", "请先登录", whole("提示信息", "<p>您还没有登录，请先登录！</p><p>3秒后跳转</p>")),
        ("login", "form", whole("用户登录 - 某某招投标网", "<form>用户名：<input name=u>密码：<input type=password name=p><button>登录</button></form>")),
        ("login", "English", whole("Sign in | Metals Weekly", "<h2>Please sign in to continue reading</h2><input type=password>")),
        ("login", "Spanish", whole("Iniciar sesión", "<p>Debe iniciar sesión para ver este contenido.</p><input type=password>")),
        # not there
        ("missing", "bare 404", whole("404", "<h1>404</h1><p>返回首页</p>")),
        ("missing", "ministry", portal("404-某某省科学技术厅", "<p>抱歉，您访问的页面不存在或已被删除！</p><p>5秒后自动返回首页</p>")),
        ("missing", "deleted", whole("提示", "<p>该内容已被发布者删除</p>")),
        ("missing", "news", portal("出错了", "<h2>对不起，您要查看的新闻已被删除或移动</h2>")),
        ("missing", "Traditional", whole("找不到頁面", "<p>抱歉，您所訪問的網頁不存在</p>")),
        ("missing", "English", whole("Page not found – Ministry of Trade", "<h1>Oops! That page can’t be found.</h1><p>It looks like nothing was found at this location.</p>")),
        ("missing", "English sentence", whole("Ministry of Trade", "<h1>Sorry</h1><p>The page you are looking for might have been removed, had its name changed, or is temporarily unavailable.</p>")),
        ("missing", "Spanish", whole("Página no encontrada | Ministerio", "<p>Lo sentimos, la página que busca no existe.</p>")),
        ("missing", "Spanish sentence", whole("Ministerio", "<h2>Error 404</h2><p>No hemos podido encontrar la página que buscas.</p>")),
        # error messages
        ("error", "nginx", "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx/1.20.1</center></body></html>"),
        ("error", "Tomcat", whole("Apache Tomcat/8.5.5 - Error report", "<h1>HTTP Status 500 – Internal Server Error</h1><p><b>type</b> Exception report</p><pre>java.lang.NullPointerException\n\tat org.apache.jsp.index_jsp._jspService(index_jsp.java:120)\n" + "\tat org.apache.x.Y.run(Y.java:1)\n" * 90 + "</pre>")),
        ("error", "IIS", whole("运行时错误", "<h1>“/”应用程序中的服务器错误。</h1><h2>运行时错误</h2><p>说明: 服务器上出现应用程序错误。</p>")),
        ("error", "ASP.NET", whole("Runtime Error", "<h1>Server Error in '/' Application.</h1><h2>Runtime Error</h2><p>An application error occurred on the server. The current custom error settings prevent the details from being viewed remotely for security reasons. They could be viewed by browsers running on the local machine, and this is how it goes on for some lines more.</p>")),
        ("error", "Python", "<html><body><pre>Traceback (most recent call last):\n" + '  File "app.py", line 3, in view\n    raise KeyError\n' * 50 + "KeyError</pre></body></html>"),
        ("error", "MySQL", whole("", "<p>Warning: mysql_connect(): Access denied for user 'web'@'localhost' in /www/db.php on line 12</p><p>数据库连接失败</p>")),
        ("error", "WordPress", whole("Database Error", "<h1>Error establishing a database connection</h1>")),
        ("error", "system busy", whole("系统提示", "<p>系统繁忙，请稍后再试</p>")),
        ("error", "Spanish", whole("Error del servidor", "<p>Se ha producido un error al procesar su solicitud.</p>")),
        # maintenance
        ("maintenance", "Chinese", whole("网站维护中", "<h1>网站正在维护，请稍后访问</h1>")),
        ("maintenance", "upgrade", whole("某某省科学技术厅", "<p>系统正在升级维护中，给您带来不便，敬请谅解！</p>")),
        ("maintenance", "English", whole("Ministry", "<h1>We'll be back soon!</h1><p>Sorry for the inconvenience, our site is down for scheduled maintenance.</p>")),
        ("maintenance", "Spanish", whole("Sitio en mantenimiento", "<p>Estamos realizando tareas de mantenimiento. Volveremos pronto.</p>")),
        # placeholders
        ("parked", "for sale", whole("lithium.example is for sale", "<h1>lithium.example is for sale</h1><p>Buy this domain</p><script src='//sedoparking.com/x.js'></script>")),
        ("parked", "expired", whole("域名已过期", "<p>该域名已到期，请联系服务商续费</p>")),
        ("parked", "fresh server", whole("Welcome to nginx!", "<h1>Welcome to nginx!</h1><p>If you see this page, the nginx web server is successfully installed and working. Further configuration is required.</p>")),
        ("parked", "no site", whole("没有找到站点", "<h1>没有找到站点</h1><p>您的请求在Web服务器中没有找到对应的站点！</p>")),
        # nothing at all
        ("shell", "React", whole("某某门户", "<noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div><script src=/main.js></script>")),
        ("shell", "Vue", whole("数据平台", "<div id=app><div class=spin>Loading...</div></div><script src=/app.js></script>")),
        ("frame", "frameset", "<html><head><title>市场信息网</title></head><frameset rows='80,*'><frame src=top.htm><frame src=main.htm></frameset></html>"),
        ("leads on", "meta refresh", whole("", "<p>正在跳转……</p>", "<meta http-equiv='refresh' content='0; url=/index.html'>")),
        ("leads on", "script", whole("", "<script>window.location.href='/cn/index.html';</script>")),
    ]
]  # fmt: skip

_BODY = (
    "人工智能与制造业的融合是本规划的重点，各地要结合实际制定实施方案，明确目标任务和完成时限。" * 6
)
_LONG = (
    "<p>The ministry published its plan for storage and said how the money is spent over five years.</p>"
    * 25
)

SOUND = {
    "an article about captchas": whole("什么是验证码", f"<h1>验证码</h1><p>请输入验证码，是网站最常见的一句话。{_BODY}</p>"),
    "an article about 404 pages": whole("404 Not Found: a history", f"<h1>404 Not Found: a history</h1><p>The page was not found, says the server.</p>{_LONG}"),
    "an article named like an error": whole("Page not found", f"<h1>Page not found</h1>{_LONG}"),
    "a short article about a firewall": whole("某厂发布新一代防火墙", "<h1>某厂发布新一代防火墙</h1><p>来源：经济日报</p><p>某厂今日发布新一代防火墙，可识别异常访问。您的访问被阻断等提示页面也将统一。</p>"),
    "a story of a stack trace": whole("Reading a traceback", f"<h1>Reading a traceback</h1><p>It begins so:</p><pre>Traceback (most recent call last):</pre>{_LONG}"),
    "a ministry's notice of maintenance": whole("关于网站停机维护的公告", "<h2>关于网站停机维护的公告</h2><p>因机房电力改造，本网站定于2026年5月3日8时至18时停止服务，期间无法办理网上申报，请提前做好安排。特此公告。</p><p>办公室</p><p>2026年4月28日</p>"),
    "a short notice, 60 characters": whole("通知", "<h1>关于召开规划编制工作会议的通知</h1><p>各有关单位：定于3月12日上午9时在三楼会议室召开规划编制工作会议，请派一名负责同志参加，并于3月10日前报送名单。</p>"),
    "a short notice, 120 characters": portal("关于调整受理时间的通知", "<h1>关于调整受理时间的通知</h1><p>各申报单位：根据工作安排，自2026年4月1日起，科技计划项目受理时间调整为每周一至周四上午8时30分至11时30分，下午2时至5时，周五不对外受理。请各单位合理安排时间，需咨询的请拨打服务电话。由此带来的不便，敬请谅解。</p>"),
    "a short notice with a box for comments": portal("关于公示的说明", "<h1>关于公示的说明</h1><p>现将拟立项项目名单予以公示，公示期五个工作日，如有异议请以书面形式实名反映。</p><p>请登录后发表评论</p><p>没有找到相关文章</p>"),
    "a short notice behind a CDN": portal("通知", "<h1>通知</h1><p>本周五下午全体干部参加政治学习，不得无故缺席，有事须书面请假。地点在一号楼报告厅，时间为下午两点半。</p><img alt='创宇盾网站安全认证' src='https://static.yunaq.com/badge.png'><div class=g-recaptcha></div>"),
    "an English short notice": whole("Notice", "<h1>Public hearing</h1><p>A public hearing on the draft plan is held on 4 May in room 12. Written remarks are taken until 30 April.</p>"),
    "a Spanish short notice": whole("Aviso", "<h1>Aviso</h1><p>Se abre el plazo de consulta pública del plan nacional del litio hasta el 30 de abril.</p>"),
    "a page of a table with 404 in it": whole("产量", "<table><tr><td>2024</td><td>锂</td><td>500</td></tr><tr><td>2025</td><td>钴</td><td>404</td></tr><tr><td>2026</td><td>年度合计产量单位为万吨，数据来自统计局的年度快报，后续可能修订</td><td>904</td></tr></table>"),
    "a trader's page": whole("Lithium carbonate for sale | Some Metals", "<h1>Lithium carbonate for sale</h1><p>Battery grade, 99.5 %, 25 kg bags, 20 t in stock at Shanghai. Ask for a price.</p>"),
    "a text whose site is rebuilt": whole("网站建设", "<h1>网站建设</h1><p>本厅网站建设工作由信息中心负责，日常维护经费列入年度预算，由办公室统一管理。</p>"),
    "a page with a frame of advertising": whole("新闻", f"<p>{_BODY}</p><iframe src=//ads.example/x></iframe><script src=x.js></script>"),
    "a page that renews itself": whole("实时行情", f"<meta http-equiv=refresh content='60; url=/now'><p>{_BODY}</p>"),
    "a list of links": whole("通知公告", f"<ul>{_MENU}</ul><script src=x.js></script>"),
    "two words": "<p>plan</p>",
}  # fmt: skip
